using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.TestKit.Models.SingleFile;

/// <summary>Checkpoints in the original layout, made of folders.</summary>
public static class SingleFiles
{
    /// <summary>Writes the tiny model as one file, with what such files carry besides.</summary>
    public static string WriteTiny(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["model_ema.decay"] = tensor(0.9f),
            ["alphas_cumprod"] = ones(1000),
            ["first_stage_model.loss.logvar"] = zeros(1),
            ["cond_stage_model.transformer.text_model.embeddings.position_ids"] = TensorMath.Arange(77, ScalarType.Int64).unsqueeze(0),
        };
        foreach (var (key, value) in Golden.Read("sd15-tiny", "unet", "diffusion_pytorch_model.safetensors"))
        {
            tensors.Add(OriginalNames.OfUNet(key, levels: 3, layers: 2, [true, true, false]), value);
        }

        foreach (var (key, value) in Golden.Read("sd15-tiny", "vae", "diffusion_pytorch_model.safetensors"))
        {
            var original = OriginalNames.OfVae(key, levels: 4);
            var isMatrix = original.Contains("attn_1", StringComparison.Ordinal) && value.dim() == 2;
            tensors.Add(original, isMatrix ? value[.., .., TensorIndex.None, TensorIndex.None] : value); // 1x1 convolutions, as CompVis has them
        }

        foreach (
            var (key, value) in Golden
                .Read("sd15-tiny", "text_encoder", "model.safetensors")
                .Where(pair => !pair.Key.EndsWith("position_ids", StringComparison.Ordinal))
        )
        {
            tensors.Add(OriginalNames.OfTextEncoder(key), value);
        }

        SafetensorsWriter.Write(path, tensors);
        return path;
    }
}
