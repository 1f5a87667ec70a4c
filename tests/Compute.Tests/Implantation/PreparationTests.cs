using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Tests.Models;
using OrleansOneShot.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>What is prepared of which object: compared with the object's own mask and crop.</summary>
public sealed class PreparationTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly LoadedModels _models = LoadedModels.Load(TinyModel.Open(), ScalarType.Float32, CPU);
    private int _prepared;

    public void Dispose()
    {
        _models.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Create_SharedView_HasEveryObjectsMaskAtItsPlace()
    {
        using var preparation = Prepare(ownViews: false);
        Assert.Null(preparation.Views);
        AssertPosterior(preparation.Crop.Image, preparation.Posterior);
        for (var i = 0; i < 2; i++)
        {
            AssertPooled(preparation.Crop.Masks[i], preparation.LatentMasks[i, 0]);
        }
    }

    [Fact]
    public void Create_OwnViews_HasEveryObjectsCropAndMaskAtItsPlace()
    {
        using var preparation = Prepare(ownViews: true);
        var photo = ImageReader.Read(Sample("scene-fox-ball.png"), "photo");
        var masks = Masks.Select(m => MaskReader.Read(m, "mask", photo.Width, photo.Height)).ToList();
        Assert.Equal(2, preparation.Views!.Count);
        for (var i = 0; i < 2; i++)
        {
            var crop = TrainingCrop.Create(photo, [masks[i]], 64);
            AssertPosterior(crop.Image, preparation.Views[i]);
            AssertPooled(crop.Masks[0], preparation.LatentMasks[i, 0]);
        }

        // The global term sees the crop that holds all.
        AssertPosterior(preparation.Crop.Image, preparation.Posterior);
        Assert.NotEqual(preparation.Posterior.Mean.data<float>().ToArray(), preparation.Views[1].Mean.data<float>().ToArray()); // the ball's
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_SoftenedMasks_AreTheObjectLossesAlone(bool ownViews)
    {
        using var plain = Prepare(ownViews);
        using var soft = Prepare(ownViews, options => options with { MaskDilate = 0.1, MaskFeather = 0.05 });
        for (var i = 0; i < 2; i++)
        {
            var (before, after) = (plain.LatentMasks[i], soft.LatentMasks[i]);
            Assert.True(after.sum().item<float>() > before.sum().item<float>());
            Assert.Equal(plain.MaskedImages[i].Pixels, soft.MaskedImages[i].Pixels);
        }

        if (!ownViews)
        {
            var masks = cat([.. soft.Crop.Masks.Select(ImageTensors.ToTensor)]);
            var side = soft.LatentMasks.shape[2];
            Assert.Equal(
                ImageTensors.ToLatentMask(MaskEdges.Feather(MaskEdges.Dilate(masks, 6.4), 3.2), side, side).data<float>().ToArray(),
                soft.LatentMasks.data<float>().ToArray()
            );
        }
    }

    [Fact]
    public void Create_MaskedImages_ShowTheirObjectAlone()
    {
        using var preparation = Prepare(ownViews: false);
        for (var i = 0; i < 2; i++)
        {
            var expected = MaskedImage.Create(preparation.Crop.Image, preparation.Crop.Masks[i]);
            Assert.Equal(expected.Pixels, preparation.MaskedImages[i].Pixels);
        }

        Assert.NotEqual(preparation.MaskedImages[0].Pixels, preparation.MaskedImages[1].Pixels);
    }

    private static IReadOnlyList<byte[]> Masks => [Sample("scene-fox-ball-fox-mask.png"), Sample("scene-fox-ball-ball-mask.png")];

    private static byte[] Sample(string name) => File.ReadAllBytes(Repository.Sample(name));

    private Preparation Prepare(bool ownViews, Func<ImplantationOptions, ImplantationOptions>? change = null)
    {
        var options = new ImplantationOptions
        {
            Name = "x",
            Resolution = 64,
            OwnViews = ownViews,
        };
        return Preparation.Create(
            Sample("scene-fox-ball.png"),
            // Tokens are added to the tokenizer, which several preparations of a test share.
            [new ImplantationObject("cat", $"<cat-{_prepared}>", Masks[0]), new ImplantationObject("dog", $"<dog-{_prepared++}>", Masks[1])],
            change is null ? options : change(options),
            _models,
            null
        );
    }

    private void AssertPosterior(RgbImage image, VaePosterior actual)
    {
        using var guard = no_grad();
        var expected = _models.Vae.Encode(ImageTensors.ToModelInput(image));
        Assert.Equal(expected.Mean.data<float>().ToArray(), actual.Mean.data<float>().ToArray());
        Assert.Equal(expected.LogVariance.data<float>().ToArray(), actual.LogVariance.data<float>().ToArray());
    }

    // The mean of every square of pixels that becomes one latent.
    private static void AssertPooled(MaskImage mask, Tensor actual)
    {
        var (height, width) = ((int)actual.shape[0], (int)actual.shape[1]);
        var (down, across) = (mask.Height / height, mask.Width / width);
        var values = actual.contiguous().data<float>().ToArray();
        Assert.Contains(values, v => v > 0.5);
        Assert.Contains(values, v => v < 0.5);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var mean = (
                    from dy in Enumerable.Range(0, down)
                    from dx in Enumerable.Range(0, across)
                    select (double)mask.Values[(((y * down) + dy) * mask.Width) + (x * across) + dx]
                ).Average();
                Assert.Equal(mean, values[(y * width) + x], 1e-5);
            }
        }
    }
}
