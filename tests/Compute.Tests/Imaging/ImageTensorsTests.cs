using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class ImageTensorsTests
{
    [Fact]
    public void ToImages_Floats_RoundHalfToEvenAndClamp()
    {
        using var scope = NewDisposeScope();
        // 0.5, 1.5, 2.5 of 255 are exact halves only in products; these floats give 0.5 -> 0, 1.5 -> 2, 126.5 -> 126.
        var values = tensor(new[] { 0.5f / 255f, 1.5f / 255f, 126.5f / 255f, -1f, 2f, 1f });
        var expected = values.Mul(255.0).round().Clamp(0, 255).to(ScalarType.Byte).data<byte>().ToArray();
        Assert.Equal(expected, ImageTensors.ToImages(values.reshape(1, 2, 3))[0].Pixels);
        Assert.Equal([0, 2, 126, 0, 255, 255], expected);
    }

    [Fact]
    public void ToImages_BatchOfChannelsFirst_GivesEachPicture()
    {
        using var scope = NewDisposeScope();
        var first = TestPictures.Gradient(5, 4);
        var second = TestPictures.Make(5, 4, (x, y) => (x, y, x * y));
        var batch = cat([ImageTensors.ToModelInput(first), ImageTensors.ToModelInput(second)]);
        Assert.Equal([2, 3, 4, 5], batch.shape);
        var images = ImageTensors.ToImages(batch.Div(2).Add(0.5));
        Assert.Equal(first.Pixels, images[0].Pixels);
        Assert.Equal(second.Pixels, images[1].Pixels);
    }

    [Fact]
    public void ToModelInput_BlackAndWhite_SpanMinusOneToOne()
    {
        using var scope = NewDisposeScope();
        var input = ImageTensors.ToModelInput(new RgbImage(2, 1, [0, 0, 0, 255, 255, 255]));
        Assert.Equal([-1f, 1f, -1f, 1f, -1f, 1f], input.data<float>().ToArray());
    }

    [Fact]
    public void ToImages_GoldenPicture_GivesItsBytes()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Read("method", "method.safetensors")["image"];
        Assert.Equal(golden.data<byte>().ToArray(), ImageTensors.ToImages(golden)[0].Pixels);
        Assert.Equal(golden.data<byte>().ToArray(), ImageTensors.ToImages(golden.to(float32).Div(255.0))[0].Pixels);
    }

    [Fact]
    public void ToImages_NotANumber_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InvalidOperationException>(() => ImageTensors.ToImages(TensorMath.Full([1, 3, 2, 2], double.NaN)));
    }

    [Fact]
    public void ToImages_AnotherShape_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => ImageTensors.ToImages(zeros(1, 4, 2, 2)));
    }

    [Fact]
    public void ToLatentMask_GoldenMasks_EqualTheReference()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Read("method", "method.safetensors");
        Golden.AssertClose(ImageTensors.ToLatentMask(golden["masks"], 8, 8), golden["latent_masks"], 1e-6, "latent_masks");
        Golden.AssertClose(ImageTensors.ToLatentMask(golden["odd_mask"], 6, 8), golden["odd_latent_mask"], 1e-6, "odd_latent_mask");
    }

    [Fact]
    public void ToTensor_Mask_KeepsRows()
    {
        using var scope = NewDisposeScope();
        var result = ImageTensors.ToTensor(new MaskImage(3, 2, [0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f]));
        Assert.Equal([1, 1, 2, 3], result.shape);
        Assert.Equal(0.3f, result[0, 0, 1, 0].item<float>());
    }
}
