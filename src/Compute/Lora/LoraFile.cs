using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// LoRA files of Stable Diffusion: reads the forms that kohya's scripts, LyCORIS, diffusers, PEFT and ComfyUI write (docs/adr/0015-forms-of-lora.md), writes
/// kohya's and PEFT's. Values are written in float32, exactly.
/// </summary>
public static class LoraFile
{
    /// <summary>Longest file that is read, in bytes; rank 128 on Stable Diffusion 1.5 has 0.1 GB.</summary>
    public const long MaximumBytes = 2L * 1024 * 1024 * 1024;

    // Base64 has a plus sign, which needs no escape here.
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a LoRA and checks it against the base model.</summary>
    /// <param name="path">A safetensors file in any form of <see cref="LoraFileForm"/>.</param>
    /// <param name="unet">The UNet's layers by full name.</param>
    /// <param name="textEncoder">The text encoder's layers by full name; null leaves its part of the file out, with a warning.</param>
    /// <returns>The changes of each layer, and what was left out; the caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">
    /// The file is no LoRA, is unsound, is for another family of models, or does not fit; the message lists what is wrong.
    /// </exception>
    public static LoadedLora Read(
        string path,
        IReadOnlyDictionary<string, AdaptableLayer> unet,
        IReadOnlyDictionary<string, AdaptableLayer>? textEncoder = null
    )
    {
        ArgumentNullException.ThrowIfNull(unet);
        using var file = SafetensorsFile.Open(path);
        var settings = file.Keys.Any(key => key.StartsWith("base_model.", StringComparison.Ordinal)) ? PeftMetadata.ReadBeside(path) : null;
        return new LoraFileReader(Path.GetFileName(path), file, unet, textEncoder).Read(settings);
    }

    /// <summary>Reads a LoRA of the UNet that can be attached and trained.</summary>
    /// <param name="path">A safetensors file with a plain LoRA.</param>
    /// <param name="unet">The UNet's layers by full name.</param>
    /// <param name="device">Where the parameters live; null is the CPU.</param>
    /// <returns>Each module with its own rank and alpha; the caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">As <see cref="Read"/>, or it is of another form.</exception>
    public static LoraNetwork ReadNetwork(string path, IReadOnlyDictionary<string, AdaptableLayer> unet, Device? device = null)
    {
        using var loaded = Read(path, unet);
        return loaded.ToNetwork(device);
    }

    /// <summary>Checks by the header alone that a file may be a LoRA for Stable Diffusion 1.x or 2.x, so before a model is loaded.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">It is missing, unsound, another kind of file, or for another family of models.</exception>
    public static void CheckKind(string path) => ForeignLora.Refuse(Path.GetFileName(path), SafetensorsHeader.Read(path));

    /// <summary>
    /// Writes kohya's form, which A1111, Forge, ComfyUI and diffusers read: <c>lora_down</c>, <c>lora_up</c> and <c>alpha</c> of every module, of a DoRA
    /// LyCORIS' <c>dora_scale</c> of its rows, (out, 1) or (out, 1, 1, 1); nothing else.
    /// </summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="network">The LoRA; <see cref="LoraNetwork.Multiplier"/> is not part of the file.</param>
    /// <param name="spec">What the file says about itself.</param>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left at <paramref name="path"/> but what was there.</exception>
    public static void WriteKohya(string path, LoraNetwork network, ModelSpec spec)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var adapter in network.Adapters)
        {
            tensors.Add(LoraKey.ToKohya(adapter.Module, LoraPart.Down), adapter.A);
            tensors.Add(LoraKey.ToKohya(adapter.Module, LoraPart.Up), adapter.B);
            tensors.Add(LoraKey.ToKohya(adapter.Module, LoraPart.Alpha), tensor((float)adapter.Alpha));
            if (adapter.Magnitude is { } magnitude)
            {
                tensors.Add(LoraKey.ToKohya(adapter.Module, LoraPart.Magnitude), magnitude.detach().view([-1, .. adapter.A.shape[1..].Select(_ => 1L)]));
            }
        }

        var metadata = spec.ToMetadata("lora", "https://github.com/Stability-AI/generative-models");
        metadata["ss_output_name"] = spec.Title;
        metadata["ss_base_model_version"] = spec.IsStableDiffusion2 ? "sd_v2" : "sd_v1";
        metadata["ss_v2"] = spec.IsStableDiffusion2 ? "True" : "False";
        metadata["ss_clip_skip"] = "None";
        metadata["ss_network_module"] = "networks.lora";
        metadata["ss_network_dim"] = Common(network.Adapters.Select(a => a.Rank.ToString(CultureInfo.InvariantCulture)));
        metadata["ss_network_alpha"] = Common(network.Adapters.Select(a => ((float)a.Alpha).ToString(CultureInfo.InvariantCulture)));
        metadata["ss_network_args"] = "{}";
        if (network.IsDora)
        {
            // kohya's scripts train DoRA by LyCORIS alone.
            metadata["ss_network_module"] = "lycoris.kohya";
            metadata["ss_network_args"] = """{"algo": "lora", "dora_wd": "True", "wd_on_output": "True"}""";
        }

        if (!string.IsNullOrEmpty(spec.BaseModel))
        {
            metadata["ss_sd_model_name"] = spec.BaseModel;
        }

        if (spec.Words.Count > 0)
        {
            // A1111's and ComfyUI's lists of trigger words; managers read the first group alone.
            metadata["ss_tag_frequency"] = new JsonObject
            {
                ["oneshot"] = new JsonObject(spec.Words.Select(word => KeyValuePair.Create<string, JsonNode?>(word, 1))),
            }.ToJsonString();
        }

        if (spec.Thumbnail is { } thumbnail)
        {
            // A1111 and Forge look for cards' pictures here and not in modelspec's.
            metadata["ssmd_cover_images"] = new JsonArray(thumbnail[(thumbnail.IndexOf(',', StringComparison.Ordinal) + 1)..]).ToJsonString(s_plain);
        }

        HashedSafetensorsWriter.Write(path, tensors, metadata, withKohyaHashes: true);
    }

    /// <summary>
    /// Writes PEFT's form, which diffusers reads: <c>lora_A</c> and <c>lora_B</c>, with alpha / r folded into B, so that a reader without alpha gets it right;
    /// of a DoRA <c>lora_magnitude_vector</c>, (out) or (1, out, 1, 1), and PEFT's settings, which say so.
    /// </summary>
    /// <param name="path">The file, replaced if it exists; diffusers expects <c>pytorch_lora_weights.safetensors</c>.</param>
    /// <param name="network">The LoRA; <see cref="LoraNetwork.Multiplier"/> is not part of the file.</param>
    /// <param name="spec">What the file says about itself.</param>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left at <paramref name="path"/> but what was there.</exception>
    public static void WritePeft(string path, LoraNetwork network, ModelSpec spec)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var adapter in network.Adapters)
        {
            tensors.Add(LoraKey.ToPeft(adapter.Module, LoraPart.Down), adapter.A);
            tensors.Add(LoraKey.ToPeft(adapter.Module, LoraPart.Up), adapter.B.detach().Mul(adapter.Alpha / adapter.Rank));
            if (adapter.Magnitude is { } magnitude)
            {
                long[] sizes = adapter.A.dim() == 2 ? [-1] : [1, -1, 1, 1];
                tensors.Add(LoraKey.ToPeft(adapter.Module, LoraPart.Magnitude), magnitude.detach().view(sizes));
            }
        }

        var metadata = spec.ToMetadata("lora", "diffusers");
        if (network.IsDora)
        {
            metadata[PeftMetadata.Key] = PeftMetadata.OfDora(network);
        }

        HashedSafetensorsWriter.Write(path, tensors, metadata, withKohyaHashes: false);
    }

    // kohya's scripts write one number for the whole file; "Dynamic" is what they write when modules differ.
    private static string Common(IEnumerable<string> values) => values.Distinct().ToArray() is [var one] ? one : "Dynamic";
}
