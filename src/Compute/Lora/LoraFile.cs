using System.Globalization;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>LoRA files of Stable Diffusion's UNet: reads the forms that kohya's scripts, diffusers and PEFT write, writes kohya's and PEFT's. Values are stored in float32, exactly.</summary>
public static class LoraFile
{
    /// <summary>Longest file that is read, in bytes; rank 128 on Stable Diffusion 1.5 has 0.1 GB.</summary>
    public const long MaximumBytes = 2L * 1024 * 1024 * 1024;

    /// <summary>Reads a LoRA and checks it against the UNet.</summary>
    /// <param name="path">A safetensors file in any form of <see cref="LoraFileForm"/>.</param>
    /// <param name="linears">The UNet's adaptable layers by full name.</param>
    /// <param name="device">Where the parameters live; null is the CPU.</param>
    /// <returns>The LoRA with each module's own rank and alpha, and what was left out.</returns>
    /// <exception cref="InvalidInputException">The file is no LoRA, is unsound, or does not fit the UNet; the message lists what is wrong.</exception>
    public static LoadedLora Read(string path, IReadOnlyDictionary<string, AdaptableLinear> linears, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(linears);
        using var file = SafetensorsFile.Open(path);
        var reader = new LoraFileReader(Path.GetFileName(path), file, linears);
        return reader.Read(device);
    }

    /// <summary>Writes kohya's form, which A1111, Forge, ComfyUI and diffusers read: <c>lora_down</c>, <c>lora_up</c> and <c>alpha</c> of every module, nothing else.</summary>
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
        if (!string.IsNullOrEmpty(spec.BaseModel))
        {
            metadata["ss_sd_model_name"] = spec.BaseModel;
        }

        HashedSafetensorsWriter.Write(path, tensors, metadata, withKohyaHashes: true);
    }

    /// <summary>Writes PEFT's form, which diffusers reads: <c>lora_A</c> and <c>lora_B</c>, with alpha / r folded into B, so that a reader without alpha gets it right.</summary>
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
        }

        HashedSafetensorsWriter.Write(path, tensors, spec.ToMetadata("lora", "diffusers"), withKohyaHashes: false);
    }

    // kohya's scripts write one number for the whole file; "Dynamic" is what they write when modules differ.
    private static string Common(IEnumerable<string> values) => values.Distinct().ToArray() is [var one] ? one : "Dynamic";
}
