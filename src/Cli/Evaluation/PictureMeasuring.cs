using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Evaluation;

/// <summary>Measures a plan's pictures with OrleansOneShot.Compute.Evaluation. Starts no silo.</summary>
internal static class PictureMeasuring
{
    // Side of the training crop that pictures are compared with: theirs, within what training knows.
    private const int SmallestCrop = 32;
    private const int LargestCrop = 1024;

    /// <summary>Measures.</summary>
    /// <param name="plan">What to measure.</param>
    /// <param name="display">Shows how far it is.</param>
    /// <param name="interrupt">Stops between two batches.</param>
    /// <returns>The document, without its time.</returns>
    /// <exception cref="Compute.InvalidInputException">A model or a picture can't be used.</exception>
    public static EvaluationDocument Measure(EvaluationPlan plan, DrawingDisplay display, CancellationToken interrupt)
    {
        var crop = Math.Clamp(plan.Images.ShortestSide, SmallestCrop, LargestCrop);
        var warnings = plan.Warnings.ToList();
        List<EvaluationReference> references = [.. plan.References.Select(one => Read(one.Photo, one.Mask, crop, warnings))];
        TorchRuntime.Initialise();
        var place = device(TorchDevices.Resolve(plan.Device));
        using var clip = ClipFeatures.Load(plan.Clip.Folder, plan.Clip.Name, place);
        using var dino = plan.Dino is { } entry ? DinoFeatures.Load(entry.Folder, entry.Name, place) : null;
        using var evaluator = new Evaluator(clip, dino, references);
        List<string> names = [.. plan.Images.Names];
        List<PictureSource> outputs =
        [
            .. plan.Images.Files.Select((file, i) => new PictureSource(names[i], plan.Prompts[i], () => ImageReader.Read(file, "images"))),
        ];
        List<PictureSource> plain =
        [
            .. plan.ClassImages.Select(one => new PictureSource(names[one.Beside], plan.Prompts[one.Beside], () => ImageReader.Read(one.File, "class-images"))),
        ];
        var all = evaluator.CountOf(outputs.Count, plain.Count);
        var sets = evaluator.MeasureSets(outputs, plain, plan.Batch, done => display.Show(done, all, all), interrupt);
        display.End();
        if (plain.Count is > 0 and < EvaluationReport.FewestForKid || (plain.Count > 0 && outputs.Count < EvaluationReport.FewestForKid))
        {
            warnings.Add($"kid_clip takes {EvaluationReport.FewestForKid} pictures of each set, better hundreds: it is left out.");
        }

        var report = EvaluationReport.Of(sets);
        warnings.AddRange(report.Doubts());
        return new EvaluationDocument(
            plan.Out,
            report.Pictures,
            plain.Count,
            report.Figures,
            new EvaluationModels(clip.Model, dino?.Model),
            [.. plan.References.Select(one => Path.GetFileName(one.Photo))],
            [.. sets.Outputs.Select(one => new EvaluatedPicture(one.Name, one.Prompt, one.Figures))],
            warnings
        );
    }

    /// <summary>How far the measuring is, in words.</summary>
    /// <param name="done">Pictures done.</param>
    /// <param name="all">Pictures in all.</param>
    /// <param name="pictures">The same.</param>
    /// <param name="each">How long a picture takes; null is not known yet.</param>
    internal static string Text(int done, int all, int pictures, TimeSpan? each) =>
        FormattableString.Invariant($"Measured picture {done}/{pictures}")
        + (done < all && each is { } time ? $", {StepRate.Text(time * (all - done))} left" : "");

    private static EvaluationReference Read(string photo, string? mask, int crop, List<string> warnings)
    {
        var image = ImageReader.Read(photo, "reference");
        var read = mask is null ? null : MaskReader.Read(mask, image.Width, image.Height, "mask");
        warnings.AddRange(read?.Warnings ?? []);
        return EvaluationReference.Of(image, read, crop);
    }
}
