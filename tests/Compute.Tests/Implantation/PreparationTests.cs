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

    [Fact]
    public void Create_OwnViewOfOneObject_IsItsCropWithoutTheWholeShortSide()
    {
        var photo = ImageReader.Read(Sample("cat.png"), "photo");
        var mask = MaskReader.Read(Sample("cat-mask.png"), "mask", photo.Width, photo.Height);
        // Too large for a crop of its own by the rule of training crops, and smaller than the photo without it.
        Assert.Equal(Math.Min(photo.Width, photo.Height), TrainingCrop.Find(photo.Width, photo.Height, [mask]).Width);
        var crop = TrainingCrop.Create(photo, [mask], 64, close: true);
        Assert.True(crop.Rectangle.Width < Math.Min(photo.Width, photo.Height));

        using var preparation = Preparation.Create(
            Sample("cat.png"),
            [new ImplantationObject("cat", "<cat>", Sample("cat-mask.png"))],
            new ImplantationOptions
            {
                Name = "x",
                Resolution = 64,
                OwnViews = true,
            },
            _models,
            null
        );
        AssertPosterior(crop.Image, Assert.Single(preparation.Views!));
        AssertPooled(crop.Masks[0], preparation.LatentMasks[0, 0]);
        Assert.NotEqual(preparation.Posterior.Mean.data<float>().ToArray(), preparation.Views![0].Mean.data<float>().ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_Flip_HasTheMirrorImageOfPicturesAndMasks(bool ownViews)
    {
        using var preparation = Prepare(ownViews, options => options with { Augment = Augmentations.Flip });
        Assert.Equal(2, preparation.Augmented.Count);
        var (straight, mirrored) = (preparation.Augmented[0], preparation.Augmented[1]);
        Assert.Equal(Values(preparation.Posterior.Mean), Values(straight.Posterior.Mean));
        Assert.Equal(Values(preparation.LatentMasks), Values(straight.Masks));
        AssertPosterior(Mirror(preparation.Crop.Image), mirrored.Posterior);
        Assert.Equal(ownViews, mirrored.Objects is not null);
        var (height, width) = (preparation.LatentMasks.shape[2], preparation.LatentMasks.shape[3]);
        for (var i = 0; i < 2; i++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    Assert.Equal(preparation.LatentMasks[i, 0, y, x].item<float>(), mirrored.Masks[i, 0, y, width - 1 - x].item<float>());
                }
            }

            if (ownViews)
            {
                Assert.Equal(Values(preparation.Views![i].Mean), Values(straight.Objects![i].Mean));
                Assert.NotEqual(Values(preparation.Views[i].Mean), Values(mirrored.Objects![i].Mean));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_FlipAndCrop_HasEveryPartWithItsMasksStraightAndMirrored(bool ownViews)
    {
        using var preparation = Prepare(ownViews, options => options with { Augment = Augmentations.Flip | Augmentations.Crop, Seed = 4 });
        var photo = ImageReader.Read(Sample("scene-fox-ball.png"), "photo");
        var masks = Masks.Select(m => MaskReader.Read(m, "mask", photo.Width, photo.Height)).ToList();
        Assert.Equal(2 * AugmentedCrops.Count, preparation.Augmented.Count);
        var shared = AugmentedCrops.Find(preparation.Crop.Rectangle, TrainingCrop.BoundsOf(masks), 4, "crop");
        for (var part = 0; part < AugmentedCrops.Count; part++)
        {
            var (straight, mirrored) = (preparation.Augmented[2 * part], preparation.Augmented[(2 * part) + 1]);
            var picture = photo.Crop(shared[part]).Resize(64, 64);
            AssertPosterior(picture, straight.Posterior);
            AssertPosterior(Mirror(picture), mirrored.Posterior);
            for (var i = 0; i < 2; i++)
            {
                var place = ownViews
                    ? AugmentedCrops.Find(TrainingCrop.Find(photo.Width, photo.Height, [masks[i]]), TrainingCrop.BoundsOf([masks[i]]), 4, $"crop-{i}")[part]
                    : shared[part];
                AssertPooled(masks[i].Crop(place).Resize(64, 64), straight.Masks[i, 0]);
                Assert.Equal(Values(straight.Masks.flip(3)), Values(mirrored.Masks));
                if (ownViews)
                {
                    AssertPosterior(photo.Crop(place).Resize(64, 64), straight.Objects![i]);
                }
            }
        }

        Assert.True(shared.Distinct().Count() > 2);
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

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    private static RgbImage Mirror(RgbImage image)
    {
        var pixels = new byte[image.Pixels.Length];
        for (var i = 0; i < image.Width * image.Height; i++)
        {
            var (x, y) = (i % image.Width, i / image.Width);
            image.Pixels.AsSpan(i * 3, 3).CopyTo(pixels.AsSpan(((y * image.Width) + image.Width - 1 - x) * 3));
        }

        return new RgbImage(image.Width, image.Height, pixels);
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
