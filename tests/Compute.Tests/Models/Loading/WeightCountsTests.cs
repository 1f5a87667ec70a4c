using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Models.Loading;

/// <summary>
/// What is worked out from a configuration is what is built from it; and a configuration of another model than the weights' is refused before anything is
/// built.
/// </summary>
public sealed class WeightCountsTests : IDisposable
{
    // Eight levels of 8192 channels, 16 layers each, 32 blocks a transformer.
    private const string Huge = """
        {"_class_name":"UNet2DConditionModel","in_channels":4,"out_channels":4,"sample_size":8,"cross_attention_dim":32,"norm_num_groups":32,"attention_head_dim":8,"layers_per_block":16,"transformer_layers_per_block":32,
        "down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D"],
        "up_block_types":["CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"],
        "block_out_channels":[8192,8192,8192,8192,8192,8192,8192,8192]}
        """;

    private readonly string _folder = TinyModel.Copy();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void AssertSame(WeightCount expected, Module module)
    {
        using (module)
        {
            var slots = ModuleWeights.SlotsOf(module).ToList();
            Assert.Equal(new WeightCount(slots.Count, slots.Sum(slot => slot.Shape.Aggregate(1L, (a, b) => a * b))), expected);
        }
    }

    public static TheoryData<string> UNets =>
        [
            Golden.PathOf("shapes", "sd15_unet.config.json"),
            Golden.PathOf("shapes", "sd21_unet.config.json"),
            Path.Combine(TinyModel.Path, "unet", "config.json"),
        ];

    [Theory]
    [MemberData(nameof(UNets))]
    public void Of_UNet_IsWhatIsBuilt(string file)
    {
        var config = UNetConfig.Read(file);
        AssertSame(WeightCounts.Of(config), new UNet2DConditionModel(config));
    }

    [Fact]
    public void Of_UNetOfUnevenLevels_IsWhatIsBuilt()
    {
        var config = new UNetConfig
        {
            InChannels = 3,
            OutChannels = 5,
            CrossAttentionDim = 7,
            NormNumGroups = 2,
            AttentionHeadDim = [2],
            BlockOutChannels = [4, 8, 8],
            LayersPerBlock = [1, 3, 2],
            TransformerLayersPerBlock = [2, 1, 3],
            DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        };
        AssertSame(WeightCounts.Of(config), new UNet2DConditionModel(config));
    }

    [Fact]
    public void Of_OtherParts_IsWhatIsBuilt()
    {
        foreach (var file in new[] { Golden.PathOf("shapes", "sd15_vae.config.json"), Path.Combine(TinyModel.Path, "vae", "config.json") })
        {
            AssertSame(WeightCounts.Of(VaeConfig.Read(file)), new AutoencoderKL(VaeConfig.Read(file)));
        }

        var uneven = new VaeConfig
        {
            BlockOutChannels = [2, 4, 6],
            LayersPerBlock = 2,
            NormNumGroups = 2,
            LatentChannels = 3,
            InChannels = 5,
            OutChannels = 7,
            UseQuantConv = false,
        };
        AssertSame(WeightCounts.Of(uneven), new AutoencoderKL(uneven));
        foreach (var file in new[] { Golden.PathOf("shapes", "sd15_text_encoder.config.json"), Path.Combine(TinyModel.Path, "text_encoder", "config.json") })
        {
            AssertSame(WeightCounts.Of(ClipTextConfig.Read(file)), new ClipTextModel(ClipTextConfig.Read(file)));
        }

        foreach (var file in new[] { Golden.PathOf("shapes", "clip_vit_l14.config.json"), Path.Combine(TinyModel.Path, "clip", "config.json") })
        {
            AssertSame(WeightCounts.Of(ClipConfig.Read(file)), new ClipModel(ClipConfig.Read(file)));
        }
    }

    [Fact]
    public void Verify_ConfigurationOfAnotherOrderOfMagnitude_SaysSoInOneSentence()
    {
        File.WriteAllText(Path.Combine(_folder, "unet", "config.json"), Huge);

        var problem = Assert.Single(ModelFolder.Open(_folder).Verify().Parts[0].Problems);

        Assert.StartsWith("unet/config.json describes a model of 174,160 tensors with ", problem, StringComparison.Ordinal);
        Assert.Contains(" values, but unet/diffusion_pytorch_model.safetensors holds ", problem, StringComparison.Ordinal);
        Assert.True(problem.Length < 300, problem);
    }

    [Fact]
    public void Open_ConfigurationOfAnotherOrderOfMagnitude_NothingIsBuiltFromIt()
    {
        File.WriteAllText(Path.Combine(_folder, "unet", "config.json"), Huge);
        var model = ModelFolder.Open(_folder);
        var part = model.Parts().First();
        using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);

        Assert.Equal(
            "unet/config.json",
            Assert.Throws<InvalidInputException>(() => (part with { Build = () => throw new InvalidOperationException("It was built.") }).Create(source)).Field
        );
        Assert.Contains(
            "describes a model of",
            Assert.Throws<InvalidInputException>(() => model.LoadUNet(ScalarType.Float32, CPU)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "describes a model of",
            Assert.Throws<InvalidInputException>(() => model.RequireWeightsOfSize("unet")).Message,
            StringComparison.Ordinal
        );
        model.RequireWeightsOfSize("vae");
    }

    [Theory]
    [InlineData("unet", "transformer_layers_per_block", "32")]
    [InlineData("unet", "layers_per_block", "16")]
    [InlineData("vae", "layers_per_block", "16")]
    [InlineData("vae", "block_out_channels", "[8192,8192,8192,8192]")]
    [InlineData("clip", "vision_config.num_hidden_layers", "128")]
    public void Verify_ConfigurationOfMoreThanTheFilesHold_IsShort(string part, string field, string value)
    {
        var path = Path.Combine(_folder, part, "config.json");
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        var owner = field.Contains('.', StringComparison.Ordinal) ? root[field.Split('.')[0]]! : root;
        owner[field.Split('.')[^1]] = JsonNode.Parse(value);
        File.WriteAllText(path, root.ToJsonString());

        var problems = ModelFolder.Open(_folder).Verify().Parts.Single(one => one.Part == part).Problems;

        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.True(problem.Length < 4000, $"{problem.Length} characters"));
    }
}
