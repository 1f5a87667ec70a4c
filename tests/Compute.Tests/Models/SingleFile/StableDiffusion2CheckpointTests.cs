using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.SingleFile;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit.Models.SingleFile;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.SingleFile;

public sealed class StableDiffusion2CheckpointTests : IDisposable
{
    private const string TextPrefix = "cond_stage_model.model.";
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-single-").FullName;

    [Fact]
    public void Convert_TinyModel_GivesTheSameTensorsAndTheSamePicture()
    {
        var (tiny, folder) = (TinyStableDiffusion2.WriteFolder(Path.Combine(_root, "tiny")), Path.Combine(_root, "converted"));

        SingleFileCheckpoint.Convert(TinyStableDiffusion2.WriteFile(Path.Combine(_root, "tiny.safetensors"), tiny), folder, tiny);

        foreach (var (part, stem) in ((string, string)[])[("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")])
        {
            using var scope = NewDisposeScope();
            var expected = SafetensorsFile.ReadAll(Path.Combine(tiny, part, stem + ".safetensors"));
            var actual = SafetensorsFile.ReadAll(Path.Combine(folder, part, stem + ".safetensors"));
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
            Assert.All(expected, pair => Assert.True(pair.Value.equal(actual[pair.Key]).all().item<bool>(), pair.Key));
        }

        Assert.Equal(Drawing.Of(tiny), Drawing.Of(folder));
    }

    [Fact]
    public void Convert_TextEncoder_GivesTheStatesInFrontOfTheLastBlock()
    {
        var (tiny, folder) = (TinyStableDiffusion2.WriteFolder(Path.Combine(_root, "tiny")), Path.Combine(_root, "converted"));
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var original = TinyStableDiffusion2
            .TensorsOf(tiny)
            .Where(pair => pair.Key.StartsWith(TextPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[TextPrefix.Length..], pair => pair.Value);
        var ids = tensor([958L, 320, 7, 959, 0, 0, 0, 0]).unsqueeze(0);

        SingleFileCheckpoint.Convert(TinyStableDiffusion2.WriteFile(Path.Combine(_root, "tiny.safetensors"), tiny), folder, tiny);

        using var encoder = ModelFolder.Open(folder).LoadTextEncoder(ScalarType.Float32, CPU);
        Golden.AssertClose(encoder.call(ids, null), OpenClip(original, ids), 1e-5, "states");
    }

    [Theory]
    [InlineData(PredictionType.Velocity, 96)]
    [InlineData(PredictionType.Epsilon, 64)]
    public void Convert_ShapesOfStableDiffusion21_FitButForTheOneThatWasBent(PredictionType prediction, int sampleSize)
    {
        var (tensors, folder) = (RealShapes(), Path.Combine(_root, "sd21"));
        tensors[TextPrefix + "transformer.resblocks.22.attn.in_proj_bias"] = [3069];

        var error = Assert.Throws<InvalidInputException>(() =>
            SingleFileCheckpoint.Convert(SparseCheckpoint.Write(Path.Combine(_root, "sd21.safetensors"), tensors), folder, null, prediction)
        );

        Assert.Contains(
            "does not have the sizes of Stable Diffusion 2.x: in text_encoder 3 keys are of the wrong shape or type (text_model.encoder.layers.22.self_attn.",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("q_proj.bias is [1023], not [1024]", error.Message, StringComparison.Ordinal);

        // The configurations were written before.
        var unet = UNetConfig.Read(Path.Combine(folder, "unet", "config.json"));
        Assert.Equal((sampleSize, 1024, true), (unet.SampleSize, unet.CrossAttentionDim, unet.UseLinearProjection));
        Assert.Equal(unet.BlockOutChannels.Select(channels => channels / 64), unet.AttentionHeadDim);
        var text = ClipTextConfig.Read(Path.Combine(folder, "text_encoder", "config.json"));
        Assert.Equal((23, 16, "gelu"), (text.NumHiddenLayers, text.NumAttentionHeads, text.HiddenAct));
        Assert.Equal(prediction, SchedulerConfig.Load(Path.Combine(folder, "scheduler", "scheduler_config.json")).Prediction);
        var words = ClipTokenizer.Load(Path.Combine(folder, "tokenizer"), 77);
        Assert.Equal(("!", 0), (words.PadToken, words.PadId));
        Assert.Equal([words.StartId, words.EndId, 0L], words.Encode("").Ids.Take(3));
    }

    [Theory]
    [InlineData(null, "modelspec.prediction_type", "v")]
    [InlineData(null, "modelspec.prediction_type", "epsilon")]
    [InlineData(null, "modelspec.predict_key", "v")]
    [InlineData(null, "modelspec.architecture", "stable-diffusion-v2-512")]
    [InlineData(null, "modelspec.architecture", "stable-diffusion-v2-768-v")]
    [InlineData(875_000L, "modelspec.title", "base")]
    [InlineData(110_000L, "modelspec.title", "2.1")]
    public void Convert_FileThatSaysWhatItPredicts_NeedsNoWord(long? step, string entry, string value)
    {
        var expected = step == 875_000 || value is "epsilon" or "stable-diffusion-v2-512" ? PredictionType.Epsilon : PredictionType.Velocity;

        Assert.Equal(expected, PredictionOf(step, new Dictionary<string, string> { [entry] = value }, null));
    }

    [Fact]
    public void Convert_WordAgainstTheFiles_IsTaken() =>
        Assert.Equal(
            PredictionType.Velocity,
            PredictionOf(875_000, new Dictionary<string, string> { ["modelspec.prediction_type"] = "epsilon" }, PredictionType.Velocity)
        );

    // 220,000 is the step of 2.1's base model, which diffusers mistakes for one that predicts v.
    [Theory]
    [InlineData(null)]
    [InlineData(220_000L)]
    public void Convert_FileThatDoesNotSayWhatItPredicts_AsksForAWord(long? step)
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            PredictionOf(step, new Dictionary<string, string> { ["modelspec.resolution"] = "768x768" }, null)
        );

        Assert.Equal("prediction", error.Field);
        Assert.Contains("does not say whether it predicts noise (epsilon", error.Message, StringComparison.Ordinal);
        Assert.Contains("--prediction epsilon|v_prediction", error.Hint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "out")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(PredictionType.Velocity)]
    public void Convert_StableDiffusion1_PredictsNoiseUnlessToldOtherwise(PredictionType? given) =>
        Assert.Equal(given ?? PredictionType.Epsilon, PredictionOf(null, [], given, "cond_stage_model.transformer.x"));

    [Fact]
    public void Convert_WordBesideAConfiguration_IsRefused()
    {
        var tiny = TinyStableDiffusion2.WriteFolder(Path.Combine(_root, "tiny"));

        var error = Assert.Throws<InvalidInputException>(() =>
            SingleFileCheckpoint.Convert(
                TinyStableDiffusion2.WriteFile(Path.Combine(_root, "tiny.safetensors"), tiny),
                Path.Combine(_root, "out"),
                tiny,
                PredictionType.Epsilon
            )
        );

        Assert.Equal("prediction", error.Field);
    }

    [Theory]
    [InlineData("transformer.resblocks.1.mlp.c_fc.bias", "text_model.encoder.layers.1.mlp.fc1.bias [256]")]
    [InlineData("transformer.resblocks.0.attn.in_proj_weight", "text_model.encoder.layers.0.self_attn.k_proj.weight [128, 128]")]
    [InlineData("positional_embedding", "text_model.embeddings.position_embedding.weight [77, 128]")]
    public void Convert_MissingTensor_IsNamed(string key, string named)
    {
        var message = RefusalOf(tensors => tensors.Remove(TextPrefix + key));

        Assert.Contains("missing", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("transformer.resblocks.0.mlp.c_fc.lora_bias", "1 key is unexpected (cond_stage_model.model.transformer.resblocks.0.mlp.c_fc.lora_bias)")]
    [InlineData("transformer.resblocks.4.ln_1.bias", "1 key is unexpected (cond_stage_model.model.transformer.resblocks.4.ln_1.bias)")]
    [InlineData(
        "transformer.resblocks.0.attn.in_proj_bias",
        "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias is [7], whose rows can't be shared out to 3 tensors"
    )]
    [InlineData("ln_final.bias", "text_model.final_layer_norm.bias is [7], not [128]")]
    public void Convert_StrayOrMisshapenTensor_IsNamed(string key, string named) =>
        Assert.Contains(named, RefusalOf(tensors => tensors[TextPrefix + key] = zeros(7)), StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // OpenCLIP's text tower by torch's own attention, which takes the joint matrix as it stands in the file.
    private static Tensor OpenClip(Dictionary<string, Tensor> weights, Tensor ids)
    {
        var length = ids.shape[1];
        var mask = weights["attn_mask"].narrow(0, 0, length).narrow(1, 0, length);
        var positions = weights["positional_embedding"].narrow(0, 0, length).unsqueeze(1);
        var x = weights["token_embedding.weight"].index_select(0, ids[0]).unsqueeze(1).Add(positions); // (L, 1, width)
        Tensor Norm(string name, Tensor input) =>
            nn.functional.layer_norm(input, [TinyStableDiffusion2.Width], weights[name + ".weight"], weights[name + ".bias"]);
        for (var i = 0; i < TinyStableDiffusion2.Layers; i++)
        {
            var block = $"transformer.resblocks.{i}.";
            Tensor Linear(string name, Tensor input) => nn.functional.linear(input, weights[$"{block}{name}.weight"], weights[$"{block}{name}.bias"]);
            using var attention = nn.MultiheadAttention(TinyStableDiffusion2.Width, TinyStableDiffusion2.Width / 64);
            attention.load_state_dict(
                weights
                    .Where(pair => pair.Key.StartsWith(block + "attn.", StringComparison.Ordinal))
                    .ToDictionary(pair => pair.Key[(block.Length + "attn.".Length)..], pair => pair.Value)
            );
            attention.eval();
            var normed = Norm(block + "ln_1", x);
            x = x.Add(attention.call(normed, normed, normed, null, false, mask).Item1);
            x = x.Add(Linear("mlp.c_proj", nn.functional.gelu(Linear("mlp.c_fc", Norm(block + "ln_2", x)))));
        }

        return Norm("ln_final", x).transpose(0, 1);
    }

    private static Dictionary<string, long[]> RealShapes()
    {
        var tensors = SparseCheckpoint
            .ShapesOf("sd21_unet")
            .ToDictionary(pair => OriginalNames.OfUNet(pair.Key, 4, 2, [true, true, true, false]), pair => pair.Value);
        foreach (var (key, shape) in SparseCheckpoint.ShapesOf("sd15_vae"))
        {
            var original = OriginalNames.OfVae(key, 4);
            tensors.Add(original, original.Contains("attn_1", StringComparison.Ordinal) && shape.Length == 2 ? [.. shape, 1, 1] : shape);
        }

        foreach (
            var (key, shape) in ((string, long[])[])
                [
                    ("token_embedding.weight", [49408, 1024]),
                    ("positional_embedding", [77, 1024]),
                    ("ln_final.weight", [1024]),
                    ("ln_final.bias", [1024]),
                    ("text_projection", [1024, 1024]),
                ]
        )
        {
            tensors.Add(TextPrefix + key, shape);
        }

        for (var i = 0; i < 24; i++)
        {
            foreach (
                var (key, size) in ((string, long[])[])
                    [
                        ("ln_1", [1024]),
                        ("ln_2", [1024]),
                        ("attn.in_proj_", [3072, 1024]),
                        ("attn.out_proj", [1024, 1024]),
                        ("mlp.c_fc", [4096, 1024]),
                        ("mlp.c_proj", [1024, 4096]),
                    ]
            )
            {
                var name = $"{TextPrefix}transformer.resblocks.{i}.{key}{(key[^1] == '_' ? "" : ".")}";
                tensors.Add(name + "weight", size);
                tensors.Add(name + "bias", size[..1]);
            }
        }

        return tensors;
    }

    // The conversion fails at the sizes, when the configurations are there.
    private PredictionType PredictionOf(long? step, Dictionary<string, string> metadata, PredictionType? given, string textKey = TextPrefix + "ln_final.weight")
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["model.diffusion_model.out.0.weight"] = zeros(1),
            ["first_stage_model.quant_conv.weight"] = zeros(1),
            [textKey] = zeros(1),
        };
        if (step is not null)
        {
            tensors.Add("global_step", tensor(step.Value));
        }

        var (file, folder) = (Path.Combine(_root, "stated.safetensors"), Path.Combine(_root, "out"));
        SafetensorsWriter.Write(file, tensors, metadata);
        var error = Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, folder, null, given));
        return error.Field == "model" ? SchedulerConfig.Load(Path.Combine(folder, "scheduler", "scheduler_config.json")).Prediction : throw error;
    }

    private string RefusalOf(Action<Dictionary<string, Tensor>> damage)
    {
        using var scope = NewDisposeScope();
        var tiny = TinyStableDiffusion2.WriteFolder(Path.Combine(_root, "tiny"));
        var tensors = TinyStableDiffusion2.TensorsOf(tiny);
        damage(tensors);
        var file = Path.Combine(_root, "damaged.safetensors");
        SafetensorsWriter.Write(file, tensors);
        var folder = Path.Combine(_root, "out");
        var message = Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, folder, tiny)).Message;
        Assert.Empty(Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories));
        return message;
    }
}
