using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Compute.Tests.Imaging;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Compute.Tests.Masks;

public sealed class GrabCutMaskerTests
{
    // A red disc on a blue and green ground with noise, so that no region is flat.
    private static readonly RgbImage s_disc = TestPictures.Make(
        200,
        150,
        (x, y) =>
        {
            var noise = ((x * 7) + (y * 13)) % 11;
            return MaskFigures.InDisc(x, y, 90, 70, 40) ? (200 + noise, 40 + noise, 30) : (20, 60 + (y / 2) + noise, 150 + noise);
        }
    );

    private static readonly MaskImage s_discMask = MaskFigures.Of(200, 150, (x, y) => MaskFigures.InDisc(x, y, 90, 70, 40));

    [OpenCvFact]
    public void Make_BoxAroundDisc_IsTheDisc()
    {
        var mask = new GrabCutMasker().Make(s_disc, new MaskPrompt(new PixelRectangle(45, 25, 90, 90), []), TestContext.Current.CancellationToken);

        Assert.Equal((200, 150), (mask.Width, mask.Height));
        Assert.InRange(MaskFigures.Iou(mask, s_discMask), 0.98, 1);
        Assert.All(mask.Values, v => Assert.InRange(v, 0f, 1f));
        Assert.Contains(mask.Values, v => v is > 0.1f and < 0.9f);
    }

    /// <summary>The flow through such pictures takes OpenCV minutes to hours.</summary>
    [OpenCvFact]
    public void Make_BoxOfOneColour_IsToldAtOnce()
    {
        RgbImage[] photos =
        [
            TestPictures.Make(256, 256, (_, _) => (255, 255, 255)),
            TestPictures.Make(400, 400, (x, y) => ((x * 31) + (y * 17)) % 101 == 0 ? (254, 254, 254) : (255, 255, 255)),
            TestPictures.Make(400, 400, (x, y) => x is >= 10 and < 12 && y is >= 10 and < 12 ? (0, 0, 0) : (255, 255, 255)),
        ];
        foreach (var photo in photos)
        {
            var prompt = new MaskPrompt(new PixelRectangle(40, 40, photo.Width - 80, photo.Height - 80), []);
            var error = Assert.Throws<InvalidInputException>(() => new GrabCutMasker().Make(photo, prompt, TestContext.Current.CancellationToken));
            Assert.Equal(("No object was found in the box: all that it holds is of one colour.", "box"), (error.Message, error.Field));
        }

        var points = Assert.Throws<InvalidInputException>(() =>
            new GrabCutMasker().Make(photos[0], new MaskPrompt(null, [new PixelPoint(9, 9)]), TestContext.Current.CancellationToken)
        );
        Assert.Equal("No object was found at the points: the picture is of one colour.", points.Message);
    }

    [OpenCvFact]
    public void Make_AlreadyStopped_DoesNotBegin() =>
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new GrabCutMasker().Make(s_disc, new MaskPrompt(new PixelRectangle(45, 25, 90, 90), []), new CancellationToken(canceled: true))
        );

    [OpenCvFact]
    public void Make_PointAlone_IsTheDisc()
    {
        var mask = new GrabCutMasker().Make(s_disc, new MaskPrompt(null, [new PixelPoint(80, 60)]), TestContext.Current.CancellationToken);

        Assert.InRange(MaskFigures.Iou(mask, s_discMask), 0.98, 1);
    }

    [OpenCvFact]
    public void Make_PointOnOneOfTwoDiscs_LeavesTheOther()
    {
        var photo = TestPictures.Make(
            240,
            120,
            (x, y) => MaskFigures.InDisc(x, y, 60, 60, 30) || MaskFigures.InDisc(x, y, 180, 60, 30) ? (210, 40 + (x % 5), 30) : (20, 60 + (y % 7), 150)
        );

        var mask = new GrabCutMasker().Make(photo, new MaskPrompt(null, [new PixelPoint(180, 60)]), TestContext.Current.CancellationToken);

        Assert.InRange(MaskFigures.Iou(mask, MaskFigures.Of(240, 120, (x, y) => MaskFigures.InDisc(x, y, 180, 60, 30))), 0.95, 1);
    }

    [OpenCvFact]
    public void Make_SameInputTwice_SameMask()
    {
        var (photo, given) = MaskFigures.Sample("photo-cat");
        var prompt = new MaskPrompt(MaskFigures.Box(given), []);

        var first = new GrabCutMasker().Make(photo, prompt, TestContext.Current.CancellationToken);

        Assert.Equal(first.Values, new GrabCutMasker().Make(photo, prompt, TestContext.Current.CancellationToken).Values);
    }

    [OpenCvFact]
    public void Make_BoxesOfSamples_AgreeWithTheirMasks()
    {
        List<double> all = [];
        foreach (var name in new[] { "cat", "teapot", "rabbit", "backpack", "car", "photo-cat" })
        {
            var (photo, given) = MaskFigures.Sample(name);
            all.Add(MaskFigures.Iou(new GrabCutMasker().Make(photo, new MaskPrompt(MaskFigures.Box(given), []), TestContext.Current.CancellationToken), given));
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: IoU {all[^1]:0.000}");
        }

        Assert.All(all, iou => Assert.InRange(iou, 0.85, 1));
        Assert.InRange(all.Average(), 0.93, 1);
    }

    [OpenCvFact]
    public void Make_LargePhoto_IsWorkedAtABoundedSizeAndComesBackWhole()
    {
        var photo = TestPictures.Make(2400, 1600, (x, y) => MaskFigures.InDisc(x, y, 1200, 800, 500) ? (210, 40, 30 + (x % 9)) : (20, 60 + (y % 9), 150));

        var mask = new GrabCutMasker().Make(photo, new MaskPrompt(new PixelRectangle(650, 250, 1100, 1100), []), TestContext.Current.CancellationToken);

        Assert.Equal((2400, 1600), (mask.Width, mask.Height));
        Assert.InRange(MaskFigures.Iou(mask, MaskFigures.Of(2400, 1600, (x, y) => MaskFigures.InDisc(x, y, 1200, 800, 500))), 0.985, 1);
    }

    [OpenCvFact]
    public void Make_BoxOfTheWholePicture_StillFindsTheObject()
    {
        var mask = new GrabCutMasker().Make(s_disc, new MaskPrompt(new PixelRectangle(0, 0, 200, 150), []), TestContext.Current.CancellationToken);

        Assert.InRange(MaskFigures.Iou(mask, s_discMask), 0.9, 1);
    }

    [OpenCvFact]
    public void Make_OnePixelPicture_EndsInAnAnswerOrASentence()
    {
        var photo = TestPictures.Make(1, 1, (_, _) => (9, 9, 9));

        var mask = Record.Exception(() =>
            new GrabCutMasker().Make(photo, new MaskPrompt(new PixelRectangle(0, 0, 1, 1), []), TestContext.Current.CancellationToken)
        );

        Assert.True(mask is null or InvalidInputException, mask?.ToString());
    }

    [OpenCvFact]
    public void Version_Loaded_IsThatOfThePackage() => Assert.StartsWith("4.13", OpenCvRuntime.Version, StringComparison.Ordinal);
}
