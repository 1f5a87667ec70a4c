using System.Globalization;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>Measures the pictures of a comparison, all of an object together, in this process and without a silo.</summary>
/// <param name="plan">The comparison.</param>
/// <param name="plain">The frozen model's pictures, drawn.</param>
internal sealed class ComparisonMeasuring(ComparisonPlan plan, PlainPictures plain)
{
    /// <summary>Measures a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="cells">Its cells; those without a result are left out.</param>
    /// <param name="seeds">The seeds of its floor.</param>
    /// <param name="display">Shows how far it is.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="Compute.InvalidInputException">A model or a picture can't be used.</exception>
    public ComparisonMeasures Measure(
        string stage,
        IReadOnlyList<ComparisonCell> cells,
        IReadOnlyList<long> seeds,
        DrawingDisplay display,
        CancellationToken cancellationToken
    )
    {
        var work = cells
            .GroupBy(cell => cell.Item.Id, StringComparer.Ordinal)
            .Select(some => new ObjectWork(
                some.First().Item,
                [.. some.GroupBy(cell => cell.Row, StringComparer.Ordinal).Select(row => Row(stage, row))],
                Floor(some.First().Item, seeds)
            ))
            .ToList();
        var (all, before) = (work.Sum(one => one.Rows.Sum(row => row.Pictures.Count) + (2 * one.Floor.Count)), 0);
        TorchRuntime.Initialise();
        var place = device(TorchDevices.Resolve(plan.Standard.Training.Device));
        var entry = plan.Model.Clip ?? plan.Model.Entry;
        using var clip = ClipFeatures.Load(entry.Folder, entry.Name, place);
        using var dino = plan.Dino is { } own ? DinoFeatures.Load(own.Folder, own.Name, place) : null;
        var measured = new List<ObjectMeasures>();
        foreach (var one in work)
        {
            var (photo, mask) = ReadReference(one.Item, cancellationToken);
            var reference = EvaluationReference.Of(photo, mask, PlainPictures.SideOf(plan, one.Item));
            using var evaluator = new Evaluator(clip, dino, [reference]);
            List<PictureSource> pictures = [.. one.Rows.SelectMany(row => row.Pictures)];
            var began = before;
            var sets = evaluator.MeasureSets(pictures, one.Floor, plan.Batch, done => display.Show(began + done, all, all), cancellationToken);
            before += evaluator.CountOf(pictures.Count, one.Floor.Count);
            measured.Add(Sum(one, sets));
        }

        display.End();
        return new ComparisonMeasures(measured, new EvaluationModels(clip.Model, dino?.Model));
    }

    /// <summary>A photo and the mask of its object, as trainings see them.</summary>
    /// <param name="item">The object.</param>
    /// <param name="cancellationToken">Stops the making of a mask.</param>
    public static (RgbImage Photo, MaskImage Mask) ReadReference(DatasetItemPlan item, CancellationToken cancellationToken)
    {
        var photo = Photo.Read(item.Image, item.Objects, item.Tokens, cancellationToken);
        var image = ImageReader.Read(photo.Image, item.Image);
        return (image, MaskReader.Read(photo.Masks[0], "mask", image, MaskReading.Usual with { Lenient = true }).Mask);
    }

    /// <summary>The pictures of a result with their prompts' and their own numbers, from 0; empty where there is no result.</summary>
    /// <param name="folder">The result's folder.</param>
    public static List<(string File, int Prompt, int Index)> PicturesOf(string folder)
    {
        var samples = Path.Combine(folder, "samples");
        return !Directory.Exists(samples)
            ? []
            : [.. Directory.EnumerateFiles(samples, "*.png").Select(Read).Where(one => one.Prompt >= 0).OrderBy(one => one.Prompt).ThenBy(one => one.Index)];

        static (string File, int Prompt, int Index) Read(string file)
        {
            // 01-a-cat-on-the-beach-0.png
            var parts = Path.GetFileNameWithoutExtension(file).Split('-');
            return
                int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var prompt)
                && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? (file, prompt - 1, index)
                : (file, -1, -1);
        }
    }

    private RowWork Row(string stage, IGrouping<string, ComparisonCell> row) =>
        new(
            row.Key,
            [
                .. row.SelectMany(cell =>
                    PicturesOf(ComparisonRuns.FolderOf(plan, stage, cell))
                        .Where(one => one.Prompt < cell.Item.Options.Samples.Prompts.Length)
                        .Select(one => Source(one.File, PlainPictures.WithClass(cell.Item, cell.Item.Options.Samples.Prompts[one.Prompt])))
                ),
            ]
        );

    private List<PictureSource> Floor(DatasetItemPlan item, IReadOnlyList<long> seeds) =>
        [
            .. seeds.SelectMany(seed =>
                item.Options.Samples.Prompts.SelectMany(prompt =>
                    plain.FilesOf(item, prompt, seed).Select(file => Source(file, PlainPictures.WithClass(item, prompt)))
                )
            ),
        ];

    private static PictureSource Source(string file, string prompt) => new(Path.GetFileName(file), prompt, () => ImageReader.Read(file, "images"));

    private static ObjectMeasures Sum(ObjectWork work, EvaluationSets sets)
    {
        var rows = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        var at = 0;
        foreach (var row in work.Rows)
        {
            List<MeasuredPicture> own = [.. sets.Outputs.Skip(at).Take(row.Pictures.Count)];
            at += own.Count;
            if (own.Count > 0)
            {
                rows.Add(row.Id, Mean(own, sets.Floor));
            }
        }

        // The frozen model's own pictures in two halves: what kid_clip says of sets that differ in nothing.
        List<MeasuredPicture> half = [.. sets.Floor.Where((_, i) => i % 2 == 0)];
        var floor = Mean(sets.Floor, null);
        if (EvaluationReport.Kid(half, [.. sets.Floor.Where((_, i) => i % 2 == 1)]) is { } kid)
        {
            floor[FigureKind.KidClip.Name] = kid.Mean;
        }

        return new ObjectMeasures(work.Item.Id, rows, floor, Mean(sets.Ceiling, sets.Floor));
    }

    private static Dictionary<string, double> Mean(IReadOnlyList<MeasuredPicture> pictures, IReadOnlyList<MeasuredPicture>? floor)
    {
        var means = FigureKind
            .OfPictures.Where(kind => pictures.Count > 0 && pictures.All(one => one.Figures.ContainsKey(kind.Name)))
            .ToDictionary(kind => kind.Name, kind => pictures.Average(one => one.Figures[kind.Name]), StringComparer.Ordinal);
        if (floor is not null && EvaluationReport.Kid(pictures, floor) is { } kid)
        {
            means[FigureKind.KidClip.Name] = kid.Mean;
        }

        return means;
    }

    private sealed record RowWork(string Id, IReadOnlyList<PictureSource> Pictures);

    private sealed record ObjectWork(DatasetItemPlan Item, IReadOnlyList<RowWork> Rows, IReadOnlyList<PictureSource> Floor);
}

/// <summary>The figures of a stage.</summary>
/// <param name="Objects">Those of each object.</param>
/// <param name="Models">What they were made with.</param>
internal sealed record ComparisonMeasures(IReadOnlyList<ObjectMeasures> Objects, EvaluationModels Models);
