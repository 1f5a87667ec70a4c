using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Models;

public sealed class ModelConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string With(string golden, string field, string json)
    {
        var root = JsonNode.Parse(File.ReadAllText(golden))!.AsObject();
        var path = field.Split('.');
        var parent = path.SkipLast(1).Aggregate(root, (node, name) => node[name]!.AsObject());
        parent[path[^1]] = JsonNode.Parse(json);
        var target = Path.Combine(_folder, "config.json");
        File.WriteAllText(target, root.ToJsonString());
        return target;
    }

    private string Written(string text)
    {
        var target = Path.Combine(_folder, "file.json");
        File.WriteAllText(target, text);
        return target;
    }

    [Fact]
    public void UNetConfig_AbsentFields_HaveDiffusersDefaults()
    {
        var config = UNetConfig.Read(Written("{}"));
        Assert.Equal(
            (4, 4, true, 0d, 32, 1e-5, 1280, false),
            (
                config.InChannels,
                config.OutChannels,
                config.FlipSinToCos,
                config.FreqShift,
                config.NormNumGroups,
                config.NormEps,
                config.CrossAttentionDim,
                config.UseLinearProjection
            )
        );
        Assert.Equal([320, 640, 1280, 1280], config.BlockOutChannels);
        Assert.Equal([2], config.LayersPerBlock);
        Assert.Equal([8], config.AttentionHeadDim);
        Assert.Equal(["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"], config.DownBlockTypes);
        Assert.Equal(["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], config.UpBlockTypes);
    }

    [Fact]
    public void VaeConfig_AbsentFields_HaveDiffusersDefaults()
    {
        var config = VaeConfig.Read(Written("{}"));
        Assert.Equal(
            (3, 3, 1, 4, 32, 0.18215, true, true, 1),
            (
                config.InChannels,
                config.OutChannels,
                config.LayersPerBlock,
                config.LatentChannels,
                config.NormNumGroups,
                config.ScalingFactor,
                config.UseQuantConv,
                config.UsePostQuantConv,
                config.Factor
            )
        );
    }

    [Fact]
    public void ClipTextConfig_AbsentFields_HaveTransformersDefaults()
    {
        var config = ClipTextConfig.Read(Written("{}"));
        Assert.Equal(
            (49408, 512, 2048, 12, 8, 77, "quick_gelu", 1e-5),
            (
                config.VocabSize,
                config.HiddenSize,
                config.IntermediateSize,
                config.NumHiddenLayers,
                config.NumAttentionHeads,
                config.MaxPositionEmbeddings,
                config.HiddenAct,
                config.LayerNormEps
            )
        );
    }

    [Fact]
    public void UNetConfig_StableDiffusionXl_IsRefusedByName()
    {
        var error = Assert.Throws<InvalidInputException>(() => UNetConfig.Read(Golden.PathOf("shapes", "sdxl_unet.config.json")));
        Assert.Equal("unet/config.json asks for addition_embed_type = \"text_time\", which is not supported; only null is.", error.Message);
        Assert.Equal("unet/config.json: addition_embed_type", error.Field);
    }

    [Theory]
    [InlineData("act_fn", "\"gelu\"", "asks for act_fn = \"gelu\", which is not supported; only silu or swish is.")]
    [InlineData("class_embed_type", "\"timestep\"", "asks for class_embed_type")]
    [InlineData("conv_in_kernel", "5", "asks for conv_in_kernel = 5")]
    [InlineData("resnet_time_scale_shift", "\"scale_shift\"", "asks for resnet_time_scale_shift")]
    [InlineData("_class_name", "\"UNet2DModel\"", "asks for _class_name = \"UNet2DModel\"")]
    [InlineData("down_block_types", "[\"CrossAttnDownBlock2D\", \"AttnDownBlock2D\", \"DownBlock2D\"]", "has down_block_types = AttnDownBlock2D")]
    [InlineData("down_block_types", "[\"DownBlock2D\"]", "has down_block_types = 1 entries")]
    [InlineData("block_out_channels", "[32, 64, 1000000000]", "has block_out_channels = 1000000000; it must be from 2 to 8192.")]
    [InlineData("block_out_channels", "[-32, 64, 64]", "has block_out_channels = -32")]
    [InlineData("block_out_channels", "[32, 64, 65]", "has block_out_channels = 65")]
    [InlineData("block_out_channels", "[]", "has block_out_channels (count) = 0")]
    [InlineData("attention_head_dim", "0", "has attention_head_dim = 0")]
    [InlineData("attention_head_dim", "[4, 4]", "has attention_head_dim = 2 numbers")]
    [InlineData("layers_per_block", "100000", "has layers_per_block = 100000")]
    [InlineData("transformer_layers_per_block", "[[1], [2]]", "has a value of the wrong type in transformer_layers_per_block")]
    [InlineData("cross_attention_dim", "null", "has a value of the wrong type in cross_attention_dim: null (wanted: a whole number).")]
    [InlineData("norm_eps", "-1", "has norm_eps = -1")]
    [InlineData("norm_num_groups", "0", "has norm_num_groups = 0")]
    public void UNetConfig_UnusableValue_IsRefusedByName(string field, string value, string message)
    {
        var error = Assert.Throws<InvalidInputException>(() => UNetConfig.Read(With(Path.Combine(TinyModel.Path, "unet", "config.json"), field, value)));
        Assert.StartsWith("unet/config.json ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "down_block_types",
        "[\"AttnDownEncoderBlock2D\", \"DownEncoderBlock2D\", \"DownEncoderBlock2D\", \"DownEncoderBlock2D\"]",
        "down_block_types = AttnDownEncoderBlock2D"
    )]
    [InlineData("mid_block_add_attention", "false", "mid_block_add_attention = false")]
    [InlineData("shift_factor", "0.1159", "shift_factor = 0.1159")]
    [InlineData("latent_channels", "0", "latent_channels = 0")]
    [InlineData("scaling_factor", "0", "scaling_factor = 0")]
    [InlineData("block_out_channels", "[32, 32, 64, 70]", "block_out_channels = 70")]
    public void VaeConfig_UnusableValue_IsRefusedByName(string field, string value, string message)
    {
        var error = Assert.Throws<InvalidInputException>(() => VaeConfig.Read(With(Path.Combine(TinyModel.Path, "vae", "config.json"), field, value)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_config.hidden_act", "\"relu\"", "clip/config.json: text_config asks for hidden_act = \"relu\"")]
    [InlineData("text_config.vocab_size", "2000000000", "clip/config.json: text_config has vocab_size = 2000000000")]
    [InlineData("vision_config.patch_size", "0", "clip/config.json: vision_config has patch_size = 0")]
    [InlineData("vision_config.num_attention_heads", "5", "clip/config.json: vision_config has hidden_size = 32")]
    [InlineData("vision_config", "null", "clip/config.json lacks vision_config")]
    [InlineData("projection_dim", "-1", "clip/config.json has projection_dim = -1")]
    public void ClipConfig_UnusableValue_IsRefusedByName(string field, string value, string message)
    {
        var error = Assert.Throws<InvalidInputException>(() => ClipConfig.Read(With(Path.Combine(TinyModel.Path, "clip", "config.json"), field, value)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "oneshot.json is no valid JSON")]
    [InlineData("[1]", "oneshot.json is no JSON object.")]
    [InlineData("{\"steps\": 0}", "oneshot.json has steps = 0; it must be from 1 to 100000.")]
    [InlineData("{\"learning_rate\": -1e-4}", "oneshot.json has learning_rate = -0.0001")]
    [InlineData("{\"resolution\": 100000}", "oneshot.json has resolution = 100000")]
    [InlineData("{\"vectors\": \"four\"}", "oneshot.json has a value of the wrong type in vectors: \"four\" (wanted: a whole number).")]
    [InlineData("{\"prototype\": {\"steps\": -1}}", "oneshot.json has prototype.steps = -1")]
    [InlineData("{\"augment\": \"mirror\"}", "oneshot.json has augment = \"mirror\"; it must be none, flip, crop or flip,crop.")]
    [InlineData("{\"methods\": {\"lora\": {\"augment\": \"\"}}}", "oneshot.json has methods.lora.augment = \"\"")]
    [InlineData("{\"min_snr_gamma\": -1}", "oneshot.json has min_snr_gamma = -1; it must be from 0 to 1000.")]
    [InlineData("{\"mask_feather\": 0.3}", "oneshot.json has mask_feather = 0.3; it must be from 0 to 0.25.")]
    [InlineData("{\"methods\": {\"lora\": {\"steps\": 0}}}", "oneshot.json has methods.lora.steps = 0; it must be from 1 to 100000.")]
    [InlineData("{\"methods\": {\"lora\": {\"learning_rate_schedule\": \"x\"}}}", "oneshot.json has methods.lora.learning_rate_schedule = \"x\"")]
    [InlineData("{\"prompt_template\": \"a photo\"}", "oneshot.json has prompt_template = \"a photo\"")]
    public void ModelDefaults_UnusableValue_IsRefusedByName(string text, string message)
    {
        var error = Assert.Throws<InvalidInputException>(() => ModelDefaultsFile.Read(Written(text)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    // Jobs that began before a model's defaults of other methods were there must go on.
    [Theory]
    [InlineData("{\n  \"steps\": 7,\n  \"methods\": { \"lora\": { \"steps\": 3 } }\n}\n", "{\n  \"steps\": 7\n}\n")]
    [InlineData("{\"steps\": 7, \"prototype\": { \"methods\": 1 }}", "{\"steps\": 7, \"prototype\": { \"methods\": 1 }}")]
    [InlineData("{\"steps\"", "{\"steps\"")]
    public void WithoutMethods_AnyFile_IsWhatItWasBefore(string text, string before) =>
        Assert.Equal(before, Encoding.UTF8.GetString(ModelDefaultsFile.WithoutMethods(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void ModelDefaults_UnknownFields_ArePassedOver()
    {
        var defaults = ModelDefaultsFile.Read(Written("{\"steps\": 7, \"colour\": \"blue\"}"));
        Assert.Equal(new ModelDefaults { Steps = 7 }, defaults);
    }

    [Fact]
    public void ModelDefaults_Toyworld_AreItsOwn()
    {
        var defaults = ModelDefaultsFile.Read(Path.Combine(Repository.Model, "oneshot.json"));
        Assert.Equal(["dreambooth", "lora", "textual_inversion"], defaults.Methods!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            new ModelDefaults
            {
                Resolution = 64,
                LearningRate = 1.5e-3,
                LearningRateSchedule = "cosine",
                MinSnrGamma = 5,
                MaskNormalisation = "area",
                Steps = 100,
                SamplingSteps = 25,
                GuidanceScale = 4,
                Vectors = 4,
                Prototype = new PrototypeDefaults { LearningRate = 2e-3, Steps = 40 },
                PromptTemplate = "a photo of {}",
            },
            defaults with
            {
                Methods = null,
            }
        );
    }
}
