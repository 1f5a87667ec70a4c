using System.Globalization;
using OpenCvSharp;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks.GrabCut;

namespace OrleansOneShot.Compute.Masks;

/// <summary>
/// Masks by GrabCut, which needs no weights: from colours inside and outside a box. Background that leaks through the box's sides is noticed (the mask ends at
/// the box, the picture does not change there) and met with other starts, of which the smallest that still fills the box wins. Points alone start from what is
/// nearer to them than to the photo's border.
/// </summary>
public sealed class GrabCutMasker : IMasker
{
    /// <summary>Where the object is looked for.</summary>
    private const int CoarseSide = 384;

    /// <summary>Where its edge is drawn.</summary>
    private const int FineSide = 768;

    /// <summary>Surroundings that serve as samples of the background, as a part of the box's sides.</summary>
    private const double Context = 0.3;
    private const int LeastContext = 16;
    private const int Iterations = 5;

    /// <summary>Leaks up to this share of the box's sides are chance.</summary>
    private const double LeastLeak = 0.05;

    /// <summary>Of the extent of the mask that fills the box best, the others need this part.</summary>
    private const double LeastFilled = 0.9;

    /// <summary>Pixels this near to the coarse mask's edge, as a part of the long side, are decided anew at the fine size.</summary>
    private const double FineBand = 0.012;

    /// <summary>Differences of colour up to this, in units of Lab, nobody sees (from about 2.3 on people do).</summary>
    private const float LeastContrast = 1;

    // A photo takes about a second. The maximum flow through a picture that is all but one colour may take hours.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public string Method => "grabcut";

    /// <inheritdoc/>
    /// <exception cref="MissingLibraryException">OpenCV can't be loaded on this machine.</exception>
    public MaskImage Make(RgbImage image, MaskPrompt prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(prompt);
        prompt.Check(image.Width, image.Height);
        OpenCvRuntime.ThrowIfMissing();
        try
        {
            // OpenCV can't be stopped within a cut.
            return LoneWork.RunAsync(() => Search(image, prompt, cancellationToken), s_longest, cancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException e)
        {
            throw Nothing(
                prompt,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"after {s_longest.TotalSeconds} s the search was given up, since the colours are nearly the same all over"
                ),
                e
            );
        }
    }

    private static InvalidInputException Nothing(MaskPrompt prompt, string why, Exception? inner = null) =>
        new(
            $"No object was found {(prompt.Box is null ? "at the points" : "in the box")}: {why}.",
            prompt.Box is null ? "point" : "box",
            "Give a closer box, or a box and points on the object, or take --method sam.",
            inner
        );

    private static MaskImage Search(RgbImage image, MaskPrompt prompt, CancellationToken cancellationToken)
    {
        var region = prompt.Box is { } box ? Around(box, image) : new PixelRectangle(0, 0, image.Width, image.Height);
        using var coarse = new WorkingPicture(image, region, CoarseSide);
        if (
            coarse.Contrast(prompt.Box is { } within ? coarse.Map(within, image).Rectangle : new PixelRectangle(0, 0, coarse.Width, coarse.Height))
            < LeastContrast
        )
        {
            throw Nothing(prompt, prompt.Box is null ? "the picture is of one colour" : "all that it holds is of one colour");
        }

        var found = new GrabCutSearch(coarse, image, prompt).Run(Iterations, LeastLeak, LeastFilled, cancellationToken);
        if (found.Count == 0)
        {
            throw Nothing(prompt, "its colours are those of what surrounds it");
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (Math.Max(region.Width, region.Height) > CoarseSide)
        {
            using var fine = new WorkingPicture(image, region, FineSide);
            found = Refine(fine, found, prompt);
        }

        return MaskCleaner.Place(found, region, image.Width, image.Height);
    }

    private static PixelRectangle Around(PixelRectangle box, RgbImage image)
    {
        var (x, y) = (Math.Max(LeastContext, (int)(box.Width * Context)), Math.Max(LeastContext, (int)(box.Height * Context)));
        var (left, top) = (Math.Max(0, box.X - x), Math.Max(0, box.Y - y));
        return new PixelRectangle(left, top, Math.Min(image.Width, box.Right + x) - left, Math.Min(image.Height, box.Bottom + y) - top);
    }

    // What the coarse mask is sure of stays; the band along its edge is cut again.
    private static BinaryMask Refine(WorkingPicture fine, BinaryMask coarse, MaskPrompt prompt)
    {
        var soft = MaskCleaner.Soften(coarse, fine.Width, fine.Height).Values;
        var band = Math.Max(2, (int)Math.Round(FineBand * Math.Max(fine.Width, fine.Height)));
        var inside = new BinaryMask(fine.Width, fine.Height, Array.ConvertAll(soft, v => v >= 0.5f));
        var (sure, possible) = (MaskCleaner.Grow(inside, -band), MaskCleaner.Grow(inside, band));
        var labels = new GrabCutClasses[soft.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] =
                sure.Values[i] ? GrabCutClasses.FGD
                : !possible.Values[i] ? GrabCutClasses.BGD
                : inside.Values[i] ? GrabCutClasses.PR_FGD
                : GrabCutClasses.PR_BGD;
        }

        var points = prompt.Points.Select(fine.Map).ToList();
        var cut = MaskCleaner.Clean(fine.Cut(labels, inLab: false, iterations: 1), points, prompt.Box is null);
        return cut.Count == 0 ? inside : cut;
    }
}
