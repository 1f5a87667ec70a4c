using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Loading;

public sealed class ModelFolderTests : IDisposable
{
    private static readonly string s_toyworld = Repository.Model;
    private readonly string _folder = TinyModel.Copy();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(params string[] parts) => Path.Combine([_folder, .. parts]);

    private string UNetFile => In("unet", "diffusion_pytorch_model.safetensors");

    private string VaeFile => In("vae", "diffusion_pytorch_model.safetensors");

    private string TextFile => In("text_encoder", "model.safetensors");

    /// <summary>Writes a weight file again after a change of its tensors.</summary>
    private static void Rewrite(string path, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        var tensors = SafetensorsFile.ReadAll(path);
        change(tensors);
        SafetensorsWriter.Write(path, tensors);
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static void SetField(string path, string field, JsonNode? value)
    {
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        root[field] = value;
        File.WriteAllText(path, root.ToJsonString());
    }

    private static void AssertSameWeights(TorchSharp.torch.nn.Module actual, TorchSharp.torch.nn.Module expected)
    {
        var reference = expected.state_dict();
        Assert.Equal(reference.Keys, actual.state_dict().Keys);
        Assert.All(actual.state_dict(), pair => Assert.Equal(0, Golden.Deviation(pair.Value, reference[pair.Key])));
    }

    [Fact]
    public void Open_GoldenFolder_ReadsEveryPart()
    {
        var model = ModelFolder.Open(_folder + Path.DirectorySeparatorChar);

        Assert.Equal(Path.GetFileName(_folder), model.Name);
        Assert.Equal([32, 64, 64], model.UNet.BlockOutChannels);
        Assert.Equal(8, model.Vae.Factor);
        Assert.Equal(960, model.TextEncoder.VocabSize);
        Assert.Equal(24, model.Clip!.ProjectionDim);
        Assert.Equal(In("tokenizer"), model.TokenizerFolder);
        Assert.Equal(In("scheduler", "scheduler_config.json"), model.SchedulerFile);
        Assert.Equal(new ModelDefaults(), model.Defaults);
    }

    [Fact]
    public void Load_Toyworld_FitsStrictly()
    {
        var model = ModelFolder.Open(s_toyworld);
        using var unet = model.LoadUNet(ScalarType.Float32, CPU);
        using var vae = model.LoadVae(ScalarType.Float32, CPU);
        using var text = model.LoadTextEncoder(ScalarType.Float32, CPU);
        using var clip = model.LoadClip(ScalarType.Float32, CPU);

        Assert.All((TorchSharp.torch.nn.Module[])[unet, vae, text, clip], module => Assert.All(module.parameters(), p => Assert.False(p.requires_grad)));
        Assert.Equal(100, model.Defaults.Steps);
        Assert.Equal(0.54663, model.Vae.ScalingFactor);
        Assert.Equal(32, text.Config.MaxPositionEmbeddings);
    }

    [Fact]
    public void Load_FileOfTheComputeType_IsTheMappingItself()
    {
        using var unet = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);
        var maps = File.ReadAllText("/proc/self/maps");

        // A copy would have let go of the file.
        Assert.Contains(UNetFile, maps, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ComputeTypeOtherThanTheFiles_Converts()
    {
        using var unet = ModelFolder.Open(_folder).LoadUNet(ScalarType.BFloat16, CPU);
        Assert.All(unet.parameters(), p => Assert.Equal(ScalarType.BFloat16, p.dtype));
    }

    [Fact]
    public void Load_Fp16VariantOnly_GivesTheSameWeights()
    {
        using var expected = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);
        Rewrite(
            UNetFile,
            tensors =>
            {
                foreach (var key in tensors.Keys.ToList())
                {
                    tensors[key] = tensors[key].to(ScalarType.Float16);
                }
            }
        );
        File.Move(UNetFile, In("unet", "diffusion_pytorch_model.fp16.safetensors"));

        using var actual = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);

        AssertSameWeights(actual, expected); // the goldens' weights are exact in fp16
    }

    [Fact]
    public void Load_KeysMissingUnexpectedAndMisshapen_ListsAllInOneError()
    {
        Rewrite(
            UNetFile,
            tensors =>
            {
                tensors.Remove("conv_in.bias");
                tensors.Remove("mid_block.resnets.0.conv1.weight");
                tensors["conv_out.bias"] = zeros(5);
                tensors["conv_norm_out.weight"] = zeros(32, dtype: ScalarType.Int64);
                tensors["extra.weight"] = zeros(1);
            }
        );

        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU));

        Assert.Equal(
            "unet/diffusion_pytorch_model.safetensors does not fit its config.json: "
                + "2 keys are missing (conv_in.bias [32], mid_block.resnets.0.conv1.weight [64, 64, 3, 3]); 1 key is unexpected (extra.weight); "
                + "2 keys are of the wrong shape or type (conv_norm_out.weight is Int64, not a floating-point type, conv_out.bias is [5], not [4]).",
            error.Message
        );
    }

    [Fact]
    public void Load_TruncatedFile_SaysSo()
    {
        File.WriteAllBytes(UNetFile, File.ReadAllBytes(UNetFile)[..^1000]);

        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU));

        Assert.StartsWith("unet/diffusion_pytorch_model.safetensors can't be used", error.Message, StringComparison.Ordinal);
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model_index.json")]
    [InlineData("unet/config.json")]
    [InlineData("unet/diffusion_pytorch_model.safetensors")]
    [InlineData("vae/config.json")]
    [InlineData("vae/diffusion_pytorch_model.safetensors")]
    [InlineData("text_encoder/config.json")]
    [InlineData("text_encoder/model.safetensors")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("tokenizer/merges.txt")]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("clip/config.json")]
    [InlineData("clip/model.safetensors")]
    public void Open_FolderThatLacksAFile_NamesIt(string file)
    {
        File.Delete(In(file));
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder));

        Assert.StartsWith($"The model folder lacks {file} (", error.Message, StringComparison.Ordinal);
        Assert.Equal(file, error.Field);
    }

    [Fact]
    public void Open_PickleInsteadOfSafetensors_SaysHowToConvert()
    {
        File.Move(UNetFile, In("unet", "diffusion_pytorch_model.bin"));
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder));

        Assert.Contains("unet/diffusion_pytorch_model.bin is a PyTorch pickle", error.Message, StringComparison.Ordinal);
        Assert.Contains("safe_serialization=True", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileInsteadOfAFolder_SaysHowToConvert()
    {
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(UNetFile));
        Assert.Contains("is a file, not a diffusers folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoFolder_SaysSo()
    {
        Assert.Contains("doesn't exist", Assert.Throws<InvalidInputException>(() => ModelFolder.Open(In("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("CLIP folder", Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder, In("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PipelineOfAnotherKind_IsRefusedByName()
    {
        SetField(In("model_index.json"), "_class_name", "StableDiffusionXLPipeline");
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder));
        Assert.StartsWith("model_index.json asks for _class_name = \"StableDiffusionXLPipeline\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClipThatDoesNotFit_IsRefused()
    {
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder, Path.Combine(s_toyworld, "clip")));
        Assert.Equal(
            "The CLIP does not fit the text encoder: vocab_size is 925 in the CLIP's text_config and 960 in text_encoder/config.json, so learned tokens "
                + "can't serve both.",
            error.Message
        );
    }

    [Fact]
    public void Open_PartsThatDoNotFit_AreRefused()
    {
        SetField(In("unet", "config.json"), "cross_attention_dim", 768);
        Assert.Contains(
            "The text encoder does not fit the UNet",
            Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_InpaintingModel_IsRefused()
    {
        SetField(In("unet", "config.json"), "in_channels", 9);
        Assert.Contains(
            "unet/config.json has in_channels 9",
            Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_ClipElsewhere_IsUsed()
    {
        Directory.Move(In("clip"), In("elsewhere"));
        Assert.Null(ModelFolder.Open(_folder).Clip);
        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder).LoadClip(ScalarType.Float32, CPU));
        Assert.Contains("--clip", error.Hint, StringComparison.Ordinal);

        using var clip = ModelFolder.Open(_folder, In("elsewhere")).LoadClip(ScalarType.Float32, CPU);
        Assert.Equal(24, clip.Config.ProjectionDim);
    }

    [Fact]
    public void Load_Shards_GiveTheSameWeights()
    {
        using var expected = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);
        var map = new JsonObject();
        string[] names = ["diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors"];
        for (var i = 0; i < names.Length; i++)
        {
            var shard = i;
            File.Copy(UNetFile, In("unet", names[i]));
            Rewrite(
                In("unet", names[i]),
                tensors =>
                {
                    foreach (var key in tensors.Keys.Where(k => k.StartsWith("up_", StringComparison.Ordinal) != (shard == 1)).ToList())
                    {
                        tensors.Remove(key);
                    }

                    foreach (var key in tensors.Keys)
                    {
                        map[key] = names[shard];
                    }
                }
            );
        }

        File.Delete(UNetFile);
        File.WriteAllText(
            In("unet", "diffusion_pytorch_model.safetensors.index.json"),
            new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString()
        );

        using var actual = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);

        AssertSameWeights(actual, expected);
    }

    [Theory]
    [InlineData(
        "../vae/diffusion_pytorch_model.safetensors",
        "names the file '../vae/diffusion_pytorch_model.safetensors', which is no plain .safetensors name within its folder"
    )]
    [InlineData("/etc/passwd", "names the file '/etc/passwd'")]
    [InlineData("..\\\\x.safetensors", "which is no plain .safetensors name")]
    [InlineData("weights.bin", "which is no plain .safetensors name")]
    [InlineData("absent.safetensors", "names the file absent.safetensors, which is missing")]
    public void Open_IndexWithUnusableFileName_IsRefused(string name, string message)
    {
        File.Delete(UNetFile);
        File.WriteAllText(In("unet", "diffusion_pytorch_model.safetensors.index.json"), $"{{\"weight_map\": {{\"conv_in.weight\": \"{name}\"}}}}");

        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder));

        Assert.StartsWith("unet/diffusion_pytorch_model.safetensors.index.json ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "is no valid JSON")]
    [InlineData("{}", "has no weight_map")]
    [InlineData("{\"weight_map\": {}}", "names 0 files")]
    [InlineData("{\"weight_map\": {\"a\": 1}}", "names no file for a")]
    public void Open_UnsoundIndex_IsRefused(string text, string message)
    {
        File.Delete(UNetFile);
        File.WriteAllText(In("unet", "diffusion_pytorch_model.safetensors.index.json"), text);
        Assert.Contains(message, Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadVae_OldAttentionNamesAndConvolutionShapes_GivesTheSameWeights()
    {
        using var expected = ModelFolder.Open(_folder).LoadVae(ScalarType.Float32, CPU);
        Rewrite(
            VaeFile,
            tensors =>
            {
                foreach (var key in tensors.Keys.Where(k => k.Contains("attentions", StringComparison.Ordinal)).ToList())
                {
                    tensors.Remove(key, out var tensor);
                    var old = key.Replace("to_q", "query", StringComparison.Ordinal)
                        .Replace("to_k", "key", StringComparison.Ordinal)
                        .Replace("to_v", "value", StringComparison.Ordinal)
                        .Replace("to_out.0", "proj_attn", StringComparison.Ordinal);
                    tensors[old] = tensor!.dim() == 2 ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
                }
            }
        );

        using var actual = ModelFolder.Open(_folder).LoadVae(ScalarType.Float32, CPU);

        AssertSameWeights(actual, expected);
    }

    [Fact]
    public void LoadTextEncoder_KeysWithoutPrefix_GivesTheSameWeights()
    {
        using var expected = ModelFolder.Open(_folder).LoadTextEncoder(ScalarType.Float32, CPU);
        Rewrite(
            TextFile,
            tensors =>
            {
                foreach (var key in tensors.Keys.ToList())
                {
                    tensors.Remove(key, out var tensor);
                    if (!key.EndsWith("position_ids", StringComparison.Ordinal))
                    {
                        tensors[key["text_model.".Length..]] = tensor!;
                    }
                }
            }
        );

        using var actual = ModelFolder.Open(_folder).LoadTextEncoder(ScalarType.Float32, CPU);

        AssertSameWeights(actual, expected);
    }

    [Fact]
    public void Hash_CopyElsewhere_IsTheSame()
    {
        Assert.Equal(ModelFolder.Open(TinyModel.Path).Hash(), ModelFolder.Open(_folder).Hash());
        Assert.Matches("^[0-9a-f]{64}$", ModelFolder.Open(_folder).Hash());
    }

    [Fact]
    public void Hash_AnotherWeight_IsAnother()
    {
        var before = ModelFolder.Open(_folder).Hash();
        Rewrite(VaeFile, tensors => tensors["encoder.conv_in.bias"][0] = 42);
        Assert.NotEqual(before, ModelFolder.Open(_folder).Hash());
    }

    [Fact]
    public void Verify_SoundFolder_ReportsEveryPart()
    {
        var report = ModelFolder.Open(_folder).Verify();

        Assert.True(report.IsSound);
        Assert.Equal(ModelFolder.Open(_folder).Hash(), report.Hash);
        Assert.Equal(["unet", "vae", "text_encoder", "clip"], report.Parts.Select(p => p.Part));
        Assert.All(report.Parts, p => Assert.Equal(["Float32"], p.ElementTypes));
        using var unet = ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU);
        Assert.Equal((unet.parameters().Count(), unet.parameters().Sum(p => p.numel())), (report.Parts[0].Tensors, report.Parts[0].Parameters));
    }

    [Fact]
    public void Verify_BrokenParts_ReportsEachProblem()
    {
        Rewrite(UNetFile, tensors => tensors["conv_in.bias"][3] = float.NaN);
        Rewrite(VaeFile, tensors => tensors.Remove("decoder.conv_in.bias"));
        File.WriteAllBytes(TextFile, File.ReadAllBytes(TextFile)[..^8]);

        var report = ModelFolder.Open(_folder).Verify();

        Assert.False(report.IsSound);
        Assert.Equal(
            "unet/diffusion_pytorch_model.safetensors: 1 tensor holds values that are not finite (conv_in.bias).",
            Assert.Single(report.Parts[0].Problems)
        );
        Assert.Equal("vae/diffusion_pytorch_model.safetensors: 1 key is missing (decoder.conv_in.bias [64]).", Assert.Single(report.Parts[1].Problems));
        Assert.StartsWith("text_encoder/model.safetensors can't be used", Assert.Single(report.Parts[2].Problems), StringComparison.Ordinal);
        Assert.Empty(report.Parts[3].Problems);
        Assert.Null(report.Hash);
    }

    [Fact]
    public void Load_SuccessOrFailure_LeavesNothingInTheCallersScope()
    {
        Rewrite(UNetFile, tensors => tensors.Remove("conv_in.bias"));
        using var scope = NewDisposeScope();
        var before = scope.DisposablesCount;
        ModelFolder.Open(_folder).LoadVae(ScalarType.BFloat16, CPU).Dispose();
        Assert.Equal(before, scope.DisposablesCount);
        Assert.Throws<InvalidInputException>(() => ModelFolder.Open(_folder).LoadUNet(ScalarType.Float32, CPU));
        Assert.Equal(before, scope.DisposablesCount);
    }
}
