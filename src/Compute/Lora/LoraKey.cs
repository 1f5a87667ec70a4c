namespace OrleansOneShot.Compute.Lora;

/// <summary>A key of a LoRA file, taken apart.</summary>
/// <param name="Form">The file form the key belongs to; null for an alpha of the forms with dotted names, which share it.</param>
/// <param name="Module">The UNet module's name, with underscores for dots in kohya's form.</param>
/// <param name="Part">Which tensor.</param>
internal sealed record LoraKey(LoraFileForm? Form, string Module, LoraPart Part)
{
    private const string KohyaPrefix = "lora_unet_";
    private const string DottedPrefix = "unet.";

    private static readonly string[] TextEncoderPrefixes = ["lora_te_", "lora_te1_", "lora_te2_", "text_encoder.", "text_encoder_2."];

    private static readonly (string Suffix, LoraPart Part)[] KohyaSuffixes =
        [(".lora_down.weight", LoraPart.Down), (".lora_up.weight", LoraPart.Up), (".alpha", LoraPart.Alpha)];

    private static readonly (string Suffix, LoraFileForm? Form, LoraPart Part)[] DottedSuffixes =
    [
        (".lora_A.weight", LoraFileForm.Peft, LoraPart.Down), (".lora_B.weight", LoraFileForm.Peft, LoraPart.Up),
        (".lora.down.weight", LoraFileForm.Diffusers, LoraPart.Down), (".lora.up.weight", LoraFileForm.Diffusers, LoraPart.Up),
        ("_lora.down.weight", LoraFileForm.Processor, LoraPart.Down), ("_lora.up.weight", LoraFileForm.Processor, LoraPart.Up),
        (".alpha", null, LoraPart.Alpha),
    ];

    /// <summary>Whether a key belongs to a text encoder's LoRA.</summary>
    public static bool IsOfTextEncoder(string key) => TextEncoderPrefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal));

    /// <summary>Takes a key apart; null when it belongs to none of the forms.</summary>
    public static LoraKey? Parse(string key)
    {
        if (key.StartsWith(KohyaPrefix, StringComparison.Ordinal))
        {
            return Array.Find(KohyaSuffixes, s => key.EndsWith(s.Suffix, StringComparison.Ordinal)) is { Suffix: not null } kohya
                ? new LoraKey(LoraFileForm.Kohya, key[KohyaPrefix.Length..^kohya.Suffix.Length], kohya.Part)
                : null;
        }

        if (Array.Find(DottedSuffixes, s => key.EndsWith(s.Suffix, StringComparison.Ordinal)) is not { Suffix: not null } dotted)
        {
            return null;
        }

        // UNets' own save_attn_procs wrote the keys without the prefix.
        var module = key.StartsWith(DottedPrefix, StringComparison.Ordinal) ? key[DottedPrefix.Length..] : key;
        if (module.Length < dotted.Suffix.Length)
        {
            return null; // "unet.alpha"
        }

        module = module[..^dotted.Suffix.Length];
        if (dotted.Form == LoraFileForm.Processor)
        {
            module = module.Replace(".processor.", ".", StringComparison.Ordinal);
            module = module.EndsWith(".to_out", StringComparison.Ordinal) ? module + ".0" : module;
        }

        return new LoraKey(dotted.Form, module, dotted.Part);
    }

    /// <summary>The key of a module's tensor in kohya's form.</summary>
    public static string ToKohya(string module, LoraPart part) =>
        KohyaPrefix + module.Replace('.', '_') + Array.Find(KohyaSuffixes, s => s.Part == part).Suffix;

    /// <summary>The key of a module's tensor in PEFT's form.</summary>
    public static string ToPeft(string module, LoraPart part) =>
        DottedPrefix + module + Array.Find(DottedSuffixes, s => s.Part == part && s.Form == LoraFileForm.Peft).Suffix;
}
