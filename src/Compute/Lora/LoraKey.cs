using System.Text.RegularExpressions;

namespace OrleansOneShot.Compute.Lora;

/// <summary>A key of a LoRA file, taken apart.</summary>
/// <param name="Form">How the file names its tensors; null for a part whose name the forms share.</param>
/// <param name="Side">Which model it belongs to.</param>
/// <param name="Module">The module's name with underscores for dots, as nobody's form keeps more.</param>
/// <param name="Part">Which tensor.</param>
internal sealed partial record LoraKey(LoraFileForm? Form, LoraSide Side, string Module, LoraPart Part)
{
    private const string KohyaPrefix = "lora_unet_";
    private const string PeftPrefix = "unet.";

    // What stands in front of a module's name, one after the other: PEFT wraps a model, diffusers names the pipeline's part, ComfyUI and sd-scripts have
    // prefixes of their own.
    private static readonly (string Prefix, LoraSide Side)[] s_prefixes =
    [
        (KohyaPrefix, LoraSide.UNet),
        ("lora_te1_", LoraSide.TextEncoder),
        ("lora_te_", LoraSide.TextEncoder),
        ("lycoris_", LoraSide.Unknown),
        ("base_model.model.", LoraSide.Unknown),
        ("model.diffusion_model.", LoraSide.UNet),
        ("diffusion_model.", LoraSide.UNet),
        (PeftPrefix, LoraSide.UNet),
        ("text_encoder.", LoraSide.TextEncoder),
        ("text_encoders.clip_l.transformer.", LoraSide.TextEncoder),
        ("clip_l.transformer.", LoraSide.TextEncoder),
        ("cond_stage_model.transformer.", LoraSide.TextEncoder),
    ];

    private static readonly Dictionary<string, LoraPart> s_parts = new(StringComparer.Ordinal)
    {
        ["A"] = LoraPart.Down,
        ["down"] = LoraPart.Down,
        ["B"] = LoraPart.Up,
        ["up"] = LoraPart.Up,
        ["mid"] = LoraPart.Mid,
        ["alpha"] = LoraPart.Alpha,
        ["hada_w1_a"] = LoraPart.HadaW1A,
        ["hada_w1_b"] = LoraPart.HadaW1B,
        ["hada_w2_a"] = LoraPart.HadaW2A,
        ["hada_w2_b"] = LoraPart.HadaW2B,
        ["hada_t1"] = LoraPart.HadaT1,
        ["hada_t2"] = LoraPart.HadaT2,
        ["lokr_w1"] = LoraPart.LokrW1,
        ["lokr_w1_a"] = LoraPart.LokrW1A,
        ["lokr_w1_b"] = LoraPart.LokrW1B,
        ["lokr_w2"] = LoraPart.LokrW2,
        ["lokr_w2_a"] = LoraPart.LokrW2A,
        ["lokr_w2_b"] = LoraPart.LokrW2B,
        ["lokr_t2"] = LoraPart.LokrT2,
        ["dora_scale"] = LoraPart.Magnitude,
        ["lora_magnitude_vector"] = LoraPart.Magnitude,
        ["diff"] = LoraPart.Diff,
        ["diff_b"] = LoraPart.DiffBias,
    };

    /// <summary>Takes a key apart; null when it names no part of a LoRA.</summary>
    public static LoraKey? Parse(string key)
    {
        if (Suffix().Match(key) is not { Success: true } match)
        {
            return null;
        }

        var (module, side) = Stripped(match.Groups["module"].Value);
        var isKohya = key.StartsWith("lora_", StringComparison.Ordinal) || key.StartsWith("lycoris_", StringComparison.Ordinal);
        LoraFileForm? form =
            isKohya ? LoraFileForm.Kohya
            : match.Groups["peft"].Success ? LoraFileForm.Peft
            : match.Groups["old"].Success
                ? module.Contains(".processor.", StringComparison.Ordinal) ? LoraFileForm.Processor
                    : LoraFileForm.Diffusers
            : null;
        return module.Length == 0 ? null : new LoraKey(form, side, module.Replace('.', '_'), s_parts[match.Groups["part"].Value]);
    }

    /// <summary>The key of a module's tensor in kohya's form.</summary>
    public static string ToKohya(string module, LoraPart part) =>
        KohyaPrefix
        + module.Replace('.', '_')
        + part switch
        {
            LoraPart.Down => ".lora_down.weight",
            LoraPart.Up => ".lora_up.weight",
            LoraPart.Magnitude => ".dora_scale",
            _ => ".alpha",
        };

    /// <summary>The key of a module's tensor in PEFT's form.</summary>
    public static string ToPeft(string module, LoraPart part) =>
        PeftPrefix
        + module
        + part switch
        {
            LoraPart.Down => ".lora_A.weight",
            LoraPart.Up => ".lora_B.weight",
            LoraPart.Magnitude => ".lora_magnitude_vector",
            _ => throw new ArgumentOutOfRangeException(nameof(part), part, "PEFT's files have no such tensor."),
        };

    private static (string Module, LoraSide Side) Stripped(string module)
    {
        var side = LoraSide.Unknown;
        while (Array.Find(s_prefixes, p => module.StartsWith(p.Prefix, StringComparison.Ordinal)) is { Prefix: not null } prefix)
        {
            module = module[prefix.Prefix.Length..];
            side = side == LoraSide.Unknown ? prefix.Side : side;
        }

        return (module, side);
    }

    // lora_A.weight, lora_A.ADAPTER.weight (PEFT keeps the adapter's name), lora_down.weight (kohya's scripts), lora.down.weight,
    // lora_linear_layer.down.weight, to_q_lora.down.weight (diffusers), and what stands for itself (LyCORIS, PEFT's DoRA).
    [GeneratedRegex(
        @"\A(?<module>.+?)(?:(?<peft>\.lora_(?<part>[AB])(?:\.(?!bias\z)[^.]+)?(?:\.weight)?)|\.lora_(?<part>down|up|mid)(?:\.[^.]+)?\.weight|(?<old>(?:\.lora|\.lora_linear_layer|_lora)\.(?<part>down|up)\.weight)"
            + @"|(?:_lora|\.lora)?\.(?<part>alpha)|\.(?<part>lora_magnitude_vector)(?:\.[^.]+)?(?:\.weight)?|\.(?<part>dora_scale|hada_w[12]_[ab]|hada_t[12]|lokr_w[12](?:_[ab])?|lokr_t2|diff_b|diff))\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Suffix();
}

/// <summary>The model that a module belongs to.</summary>
internal enum LoraSide
{
    /// <summary>The key doesn't say.</summary>
    Unknown,

    /// <summary>The UNet.</summary>
    UNet,

    /// <summary>The text encoder.</summary>
    TextEncoder,
}

/// <summary>How a LoRA file names its tensors. Files may mix forms; the first key tells.</summary>
public enum LoraFileForm
{
    /// <summary><c>lora_unet_..._to_q.lora_down.weight</c>, <c>.lora_up.weight</c>, <c>.alpha</c>: kohya's scripts, A1111, ComfyUI.</summary>
    Kohya,

    /// <summary><c>unet....to_q.lora_A.weight</c>, <c>.lora_B.weight</c>: diffusers with PEFT.</summary>
    Peft,

    /// <summary><c>unet....to_q.lora.down.weight</c>, <c>.lora_linear_layer.down.weight</c>: diffusers' training scripts.</summary>
    Diffusers,

    /// <summary><c>unet....attn1.processor.to_q_lora.down.weight</c>: diffusers before 0.20.</summary>
    Processor,
}
