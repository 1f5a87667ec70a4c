using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class ClipPreprocessorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-clip-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("exact")]
    [InlineData("landscape")]
    [InlineData("portrait")]
    [InlineData("upscale")]
    public void Process_GoldenPicture_EqualsPillowAndIsNearTorchvision(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Read("modules", "preprocess.safetensors");
        var preprocessor = ClipPreprocessor.Load(Golden.PathOf("sd15-tiny", "feature_extractor"));
        var actual = preprocessor.Process(Image(golden[name + ".image"]));

        Golden.AssertClose(actual, golden[name + ".pixel_values_pil"], 1e-6, name + " against Pillow");
        AssertNearTorchvision(Bytes(actual), Bytes(golden[name + ".pixel_values"]), name);
    }

    [Fact]
    public void ResizeAndCrop_RealSize_EqualsPillowAndIsNearTorchvision()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Read("modules", "preprocess.safetensors");
        var image = new ClipPreprocessor(new ClipPreprocessorConfig()).ResizeAndCrop(Image(golden["clip224.image"]));
        var actual = ImageTensors.ToBytes(image).permute(2, 0, 1).unsqueeze(0);

        Assert.Equal(0, Golden.Deviation(actual, golden["clip224.resized_pil"]));
        AssertNearTorchvision(actual, golden["clip224.resized"], "clip224");
    }

    [Fact]
    public void Process_MaskedImageOfTheMethod_EqualsTheGoldens()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Read("method", "method.safetensors");
        var image = Image(golden["image"]);
        var mask = golden["masks"][0];
        var masked = MaskedImage.Create(image, new MaskImage(64, 64, mask.data<float>().ToArray()));
        Assert.Equal(golden["pe.masked_image"].data<byte>().ToArray(), masked.Pixels);

        var preprocessor = ClipPreprocessor.Load(Golden.PathOf("sd15-tiny", "feature_extractor"));
        var both = preprocessor.Process(image, masked);
        AssertNearTorchvision(Bytes(both[..1]), Bytes(golden["pe.pixel_values"]), "pe.pixel_values");
        AssertNearTorchvision(Bytes(both[1..]), Bytes(golden["pe.pixel_values_masked"]), "pe.pixel_values_masked");
    }

    [Fact]
    public void Process_StripOfExtremeAspect_CostsNoMoreThanItsSquare()
    {
        using var scope = NewDisposeScope();
        var strip = TestPictures.Make(ImageLimits.MaxSide, 1, (x, _) => (x / 64, 0, 0));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var image = new ClipPreprocessor(new ClipPreprocessorConfig()).ResizeAndCrop(strip);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
        Assert.Equal((224, 224, 128), (image.Width, image.Height, image.Pixels[112 * 3]));
    }

    [Fact]
    public void Load_OldAndNewStyle_ReadTheSame()
    {
        var old = Read("""{"size": 32, "crop_size": 32, "resample": 3, "feature_extractor_type": "CLIPFeatureExtractor"}""");
        var current = Read("""{"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}, "rescale_factor": 0.00392156862745098}""");
        Assert.Equal((32, 32, 3), (old.Size, old.CropSize, old.Resample));
        Assert.Equal((32, 32, 3), (current.Size, current.CropSize, current.Resample));
        Assert.Equal(old.RescaleFactor, current.RescaleFactor, 15);
        Assert.Equal(64, ClipPreprocessor.Load(Path.Combine(Repository.Model, "clip")).Side);
    }

    [Theory]
    [InlineData("""{"do_resize": false}""", "do_resize false")]
    [InlineData("""{"resample": 1}""", "resample 1")]
    [InlineData("""{"size": 0}""", "size 0")]
    [InlineData("""{"size": 100000}""", "size 100000")]
    [InlineData("""{"size": 32, "crop_size": 64}""", "crop_size 64 larger than size 32")]
    [InlineData("""{"image_mean": [0.5]}""", "image_mean of 1")]
    [InlineData("""{"image_std": [0.5, 0, 0.5]}""", "image_std")]
    [InlineData("""{"size": {"height": 32, "width": 48}}""", "is not a size")]
    [InlineData("""{"size": "large"}""", "is not a size")]
    [InlineData("null", "null")]
    [InlineData("{", "preprocessor_config.json")]
    public void Load_UnsupportedSettings_AreRefusedByName(string json, string part)
    {
        var error = Assert.Throws<InvalidInputException>(() => Read(json));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal("preprocessor_config.json", error.Field);
    }

    [Fact]
    public void Load_MissingFile_IsRefused() => Assert.Throws<InvalidInputException>(() => ClipPreprocessor.Load(Path.Combine(_folder.FullName, "nowhere")));

    private ClipPreprocessorConfig Read(string json)
    {
        var path = Path.Combine(_folder.FullName, "preprocessor_config.json");
        File.WriteAllText(path, json);
        return ClipPreprocessorConfig.Read(path);
    }

    private static RgbImage Image(Tensor bytes) => Assert.Single(ImageTensors.ToImages(bytes));

    // Back from normalised values to bytes.
    private static Tensor Bytes(Tensor values) =>
        values
            .mul(tensor(new[] { 0.26862954f, 0.26130258f, 0.27577711f }).view(1, 3, 1, 1))
            .Add(tensor(new[] { 0.48145466f, 0.4578275f, 0.40821073f }).view(1, 3, 1, 1))
            .Mul(255)
            .round();

    private static void AssertNearTorchvision(Tensor actual, Tensor expected, string what)
    {
        var difference = (actual.to(float32) - expected.to(float32)).abs();
        var share = difference.Gt(0).to(float32).mean().item<float>();
        var worst = difference.max().item<float>();
        TestContext.Current.TestOutputHelper?.WriteLine($"{what} against torchvision: {share:P2} of the values differ, by at most {worst}/255");
        Assert.True(share <= 0.006 && worst <= 2, $"{what}: {share:P2} of the values differ, by at most {worst}/255.");
    }
}
