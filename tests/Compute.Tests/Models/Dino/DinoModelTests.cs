using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Models.Dino;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tests.Imaging;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Dino;

public sealed class DinoModelTests : IDisposable
{
    private const string First =
        """{"model_type":"vit","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":3,"intermediate_size":20,"image_size":16,"patch_size":4}""";

    private const string Second = """
        {"model_type":"dinov2","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":3,"mlp_ratio":3,"image_size":20,"patch_size":4,
        "use_swiglu_ffn":false}
        """;

    private const string Squares =
        """{"image_processor_type":"ViTImageProcessor","do_resize":true,"size":16,"resample":3,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.3,0.4]}""";

    private const string Crops = """
        {"image_processor_type":"BitImageProcessor","do_resize":true,"do_center_crop":true,"crop_size":{"height":16,"width":16},
        "size":{"shortest_edge":20},"resample":3,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.3,0.4]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-dino-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("dino-vits16", """{"model_type":"vit","hidden_size":384,"num_attention_heads":6,"intermediate_size":1536}""")]
    [InlineData("dinov2-small", """{"model_type":"dinov2","hidden_size":384,"num_attention_heads":6,"image_size":518,"patch_size":14,"mlp_ratio":4}""")]
    public void Parameters_FullSize_HaveTheCheckpointsNamesAndShapesInOrder(string name, string config)
    {
        var read = DinoConfig.Read(Write("config.json", config));
        using var model = new DinoModel(read);
        var slots = ModuleWeights.SlotsOf(model).ToList();
        Assert.Equal(
            File.ReadAllLines(Repository.PathOf("tests", "Compute.Tests", "Models", "Dino", $"{name}.txt")),
            slots.Select(slot => $"{slot.Key}: {slot.ShapeText}")
        );
        Assert.Equal(new WeightCount(slots.Count, slots.Sum(slot => slot.Shape.Aggregate(1L, (a, b) => a * b))), WeightCounts.Of(read));
    }

    [Theory]
    [InlineData(First, 16)]
    [InlineData(First, 24)] // the position table is enlarged
    [InlineData(Second, 20)]
    [InlineData(Second, 16)] // and shrunk, as of every DINOv2
    public void Forward_RandomWeights_IsWhatLoopsInDoubleComputeToo(string config, int side)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var random = new KeyedRandom(1, side, RandomPurpose.Noise);
        var (tensors, values) = Weights(config);
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), tensors);
        using var model = Load();
        var pixels = random.Normal(1, 3, side, side);

        var states = model.call(pixels);

        var expected = new ReferenceDino(model.Config, values).Run([.. pixels.data<float>().Select(v => (double)v)], side);
        Golden.AssertClose(
            states,
            tensor(expected.SelectMany(state => state).ToArray(), [1, expected.Length, 12], ScalarType.Float64),
            1e-5,
            $"{model.Config.ModelType} at {side}"
        );
    }

    [Fact]
    public void Images_Batch_AreTheFirstStatesOfEachPicture()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), Weights(First).Tensors);
        Write("preprocessor_config.json", Squares);
        using var dino = DinoFeatures.Load(_folder, "tiny", CPU);
        var (wide, high) = (TestPictures.Gradient(40, 20), TestPictures.Gradient(9, 30));

        var both = dino.Images(wide, high);

        Assert.Equal([2, 12], both.shape);
        Golden.AssertClose(dino.Images(high), both.narrow(0, 1, 1), 1e-6, "second of a batch");
        using var model = Load();
        Golden.AssertClose(both, model.call(VitPreprocessorConfig.Load(_folder).Process(wide, high)).select(1, 0), 1e-6, "class states");
        Assert.Equal(FileHashes.Sha256(Path.Combine(_folder, "model.safetensors")), dino.Model.Sha256);
    }

    [Fact]
    public void Preprocessor_OfEachKind_SqueezesOrCuts()
    {
        // Red at both ends: the square of all of it has red, its centre has none.
        var wide = TestPictures.Make(80, 20, (x, _) => x is < 16 or >= 64 ? (255, 0, 0) : (0, 0, 0));
        Write("preprocessor_config.json", Squares);
        using var scope = NewDisposeScope();
        var squeezed = VitPreprocessorConfig.Load(_folder).Process(wide);
        Write("preprocessor_config.json", Crops);
        var cut = VitPreprocessorConfig.Load(_folder).Process(wide);

        Assert.Equal([1, 3, 16, 16], squeezed.shape);
        Assert.Equal([1, 3, 16, 16], cut.shape);
        Assert.Equal((1 - 0.5) / 0.2, squeezed[0, 0, 8, 0].item<float>(), 5);
        Assert.Equal((0 - 0.5) / 0.2, squeezed[0, 0, 8, 8].item<float>(), 5);
        Assert.Equal((0 - 0.5) / 0.2, cut.select(1, 0).max().item<float>(), 5);
        Assert.Equal((0 - 0.3) / 0.4, cut[0, 2, 0, 0].item<float>(), 5);
    }

    [Theory]
    [InlineData("""{"model_type":"dinov2_with_registers"}""", "model_type")]
    [InlineData("""{"model_type":"dinov2","use_swiglu_ffn":true}""", "use_swiglu_ffn")]
    [InlineData("""{"model_type":"vit","hidden_act":"relu"}""", "hidden_act")]
    [InlineData("""{"model_type":"vit","hidden_size":13}""", "hidden_size")]
    [InlineData("""{"model_type":"vit","patch_size":300}""", "patch_size")]
    [InlineData("""{"model_type":"vit","image_size":2048,"patch_size":1}""", "patch_size")]
    public void Read_UnsupportedConfiguration_NamesTheField(string config, string field)
    {
        var error = Assert.Throws<InvalidInputException>(() => DinoConfig.Read(Write("config.json", config)));
        Assert.Contains(field, error.Field, StringComparison.Ordinal);
        Assert.DoesNotContain("Stable Diffusion", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsThatDontFit_ListsThem()
    {
        using var scope = NewDisposeScope();
        var tensors = Weights(First).Tensors;
        tensors.Remove("layernorm.bias");
        tensors.Add("head.weight", ones(3));
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), tensors);
        Write("preprocessor_config.json", Squares);
        var error = Assert.Throws<InvalidInputException>(() => DinoFeatures.Load(_folder, "tiny", CPU));
        Assert.Contains("layernorm.bias", error.Message, StringComparison.Ordinal);
        Assert.Contains("head.weight", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"image_processor_type":"DPTImageProcessor"}""", "image_processor_type")]
    [InlineData("""{"size":224}""", "image_processor_type")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","do_resize":false}""", "do_resize")]
    public void Preprocessor_OfAnotherKind_IsRefusedByName(string config, string field)
    {
        Write("preprocessor_config.json", config);
        Assert.Contains(field, Assert.Throws<InvalidInputException>(() => VitPreprocessorConfig.Load(_folder)).Field, StringComparison.Ordinal);
    }

    // A checkpoint with what published files hold besides: the pooler of a ViT, the mask token of a DINOv2.
    private (Dictionary<string, Tensor> Tensors, Dictionary<string, double[]> Values) Weights(string config)
    {
        var read = DinoConfig.Read(Write("config.json", config));
        using var shapes = new DinoModel(read);
        using var random = new KeyedRandom(7, 0, RandomPurpose.Noise);
        var tensors = ModuleWeights.SlotsOf(shapes).ToDictionary(slot => slot.Key, slot => random.Normal(slot.Shape).Mul(0.4));
        tensors.Add("pooler.dense.weight", random.Normal(12, 12));
        tensors.Add("embeddings.mask_token", random.Normal(1, 12));
        return (tensors, tensors.ToDictionary(pair => pair.Key, pair => pair.Value.data<float>().Select(v => (double)v).ToArray()));
    }

    private DinoModel Load()
    {
        var config = DinoConfig.Read(Path.Combine(_folder, "config.json"));
        return FeatureModel.Load<DinoModel>(new ModelPart("dino", _folder, "model", KeyRules.Dino, WeightCounts.Of(config), () => new DinoModel(config)), CPU);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
