using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.TestKit.Models.SingleFile;

/// <summary>
/// A small model of Stable Diffusion 2.x' kind with random weights, in both layouts: linear projections, heads of 64 and an OpenCLIP. VAE and words are the
/// tiny model's.
/// </summary>
public static class TinyStableDiffusion2
{
    /// <summary>Layers of the text encoder; the checkpoint has one more.</summary>
    public const int Layers = 3;

    /// <summary>Width of the text encoder, with heads of 64.</summary>
    public const int Width = 128;

    private const string UNetFile = "diffusion_pytorch_model.safetensors";
    private static readonly string s_tiny = Golden.PathOf("sd15-tiny");

    /// <summary>Writes the diffusers folder.</summary>
    public static string WriteFolder(string folder)
    {
        foreach (var name in (string[])["model_index.json", "vae/config.json", "vae/" + UNetFile, "tokenizer/vocab.json", "tokenizer/merges.txt"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.Copy(Path.Combine(s_tiny, name), Path.Combine(folder, name));
        }

        Write(folder, "tokenizer/special_tokens_map.json", """{ "pad_token": "!" }""");
        Write(
            folder,
            "scheduler/scheduler_config.json",
            """
            {
              "_class_name": "DDIMScheduler", "prediction_type": "v_prediction", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
              "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1
            }
            """
        );
        var unet = Write(
            folder,
            "unet/config.json",
            $$"""
            {
              "_class_name": "UNet2DConditionModel", "sample_size": 16, "block_out_channels": [64, 128, 128], "layers_per_block": 1, "attention_head_dim": [1, 2, 2],
              "cross_attention_dim": {{Width}}, "use_linear_projection": true, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
            }
            """
        );
        var text = Write(
            folder,
            "text_encoder/config.json",
            $$"""
            {
              "model_type": "clip_text_model", "hidden_act": "gelu", "hidden_size": {{Width}}, "intermediate_size": {{2
                * Width}}, "num_attention_heads": {{Width / 64}},
              "num_hidden_layers": {{Layers}}, "max_position_embeddings": 77, "vocab_size": 960
            }
            """
        );
        using var scope = NewDisposeScope();
        WriteWeights(new UNet2DConditionModel(UNetConfig.Read(unet)), Path.Combine(folder, "unet", UNetFile), 1);
        WriteWeights(new ClipTextModel(ClipTextConfig.Read(text)), Path.Combine(folder, "text_encoder", "model.safetensors"), 2);
        return folder;
    }

    /// <summary>The folder's model in the original layout, with what such files carry besides.</summary>
    public static Dictionary<string, Tensor> TensorsOf(string folder)
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["model_ema.decay"] = tensor(0.9f),
            ["cond_stage_model.model.attn_mask"] = TensorMath.Full([77, 77], double.NegativeInfinity).triu_(1),
            ["cond_stage_model.model.logit_scale"] = tensor(4.6f),
            ["cond_stage_model.model.text_projection"] = ones(Width, 64),
        };
        foreach (var (key, value) in SafetensorsFile.ReadAll(Path.Combine(folder, "unet", UNetFile)))
        {
            tensors.Add(OriginalNames.OfUNet(key, levels: 3, layers: 1, [true, true, false]), value);
        }

        foreach (var (key, value) in SafetensorsFile.ReadAll(Path.Combine(folder, "vae", UNetFile)))
        {
            tensors.Add(OriginalNames.OfVae(key, levels: 4), value);
        }

        // The checkpoint's last block, which is not used, is of another model with one layer more.
        using var longer = new ClipTextModel(ClipTextConfig.Read(Path.Combine(folder, "text_encoder", "config.json")) with { NumHiddenLayers = Layers + 1 });
        RandomWeights.Fill(longer, ScalarType.Float32, CPU, 3);
        var text = SafetensorsFile
            .ReadAll(Path.Combine(folder, "text_encoder", "model.safetensors"))
            .Concat(
                longer
                    .state_dict()
                    .Where(pair => pair.Key.Contains($"layers.{Layers}.", StringComparison.Ordinal))
                    .Select(pair => KeyValuePair.Create(pair.Key, pair.Value.detach().clone()))
            );
        foreach (var same in text.GroupBy(pair => OriginalNames.OfOpenClip(pair.Key)))
        {
            tensors.Add(
                same.Key,
                cat([.. same.OrderBy(pair => "qkv".IndexOf(pair.Key.Split('.')[^2][0], StringComparison.Ordinal)).Select(pair => pair.Value)])
            );
        }

        return tensors;
    }

    /// <summary>Writes the folder's model as one file.</summary>
    public static string WriteFile(string path, string folder, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, TensorsOf(folder), metadata);
        return path;
    }

    private static string Write(string folder, string name, string json)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json);
        return path;
    }

    private static void WriteWeights(Module module, string path, long seed)
    {
        RandomWeights.Fill(module, ScalarType.Float32, CPU, seed);
        SafetensorsWriter.Write(path, module.state_dict());
        module.Dispose();
    }
}
