using System.Globalization;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Plots;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>The pictures of a comparison's report: the scatter, and a sheet for each object.</summary>
/// <param name="plan">The comparison.</param>
/// <param name="plain">The frozen model's pictures, drawn.</param>
internal sealed class ComparisonPictures(ComparisonPlan plan, PlainPictures plain)
{
    /// <summary>The folder within the comparison's.</summary>
    public const string Folder = "pictures";

    private const string ScatterName = "scatter.png";
    private const int Prompts = 2;
    private const long Seed = 1;

    /// <summary>Draws them.</summary>
    /// <param name="table">The figures.</param>
    /// <param name="cancellationToken">Stops between two pictures.</param>
    /// <returns>Names of the files within <see cref="Folder"/>, each with its words.</returns>
    public IReadOnlyList<(string Name, string Words)> Write(ComparisonTable table, CancellationToken cancellationToken)
    {
        List<(string Name, string Words)> written = [];
        if (Scatter(table) is { } scatter)
        {
            Write(ScatterName, scatter);
            written.Add((ScatterName, "Image alignment against text alignment: right and up is better"));
        }

        foreach (var item in plan.Objects)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = $"{item.Id}.png";
            Write(name, Sheet(item, cancellationToken));
            written.Add(
                (
                    name,
                    string.Create(CultureInfo.InvariantCulture, $"{item.Id}: the photo, and the first pictures of each method from the noise of seed {Seed}")
                )
            );
        }

        return written;
    }

    private RgbImage? Scatter(ComparisonTable table)
    {
        var (text, image) = (Find(FigureKind.Ta), Find(FigureKind.Ia));
        if (text is null || image is null)
        {
            return null;
        }

        List<AlignmentPoint> points = [];
        foreach (var method in plan.Methods)
        {
            if (text.Rows.FirstOrDefault(row => row.Method == method.Id) is { } ta && image.Rows.FirstOrDefault(row => row.Method == method.Id) is { } ia)
            {
                points.Add(new AlignmentPoint(method.Title, ta.Value, ia.Value));
            }
        }

        List<AlignmentPoint> marks = [];
        if (text.Floor is { } left && image.Floor is { } low)
        {
            marks.Add(new AlignmentPoint("floor", left, low));
        }

        if (text.Ceiling is { } right && image.Ceiling is { } high)
        {
            marks.Add(new AlignmentPoint("ceiling", right, high));
        }

        return points.Count == 0 ? null : AlignmentPlot.Render($"{plan.Model.Entry.Name}, preset {plan.Preset}", points, marks);

        ComparedFigure? Find(FigureKind kind) => table.Figures.FirstOrDefault(figure => figure.Name == kind.Name);
    }

    private RgbImage Sheet(DatasetItemPlan item, CancellationToken cancellationToken)
    {
        var (photo, mask) = ComparisonMeasuring.ReadReference(item, cancellationToken);
        var crop = EvaluationReference.Of(photo, mask, PlainPictures.SideOf(plan, item)).Image;
        var prompts = item.Options.Samples.Prompts.Take(Prompts).ToList();
        List<SheetPicture> pictures =
        [
            .. prompts.Select(prompt => new SheetPicture(
                ImageReader.Read(plain.FilesOf(item, prompt, Seed)[0], "images"),
                $"frozen model, \"{item.Classes[0]}\""
            )),
        ];
        foreach (var method in plan.Methods)
        {
            // The name of a cell says neither rate nor steps.
            var cell = ComparisonCell.OfTable(item, method, new MethodSettings(0, 0), Seed);
            pictures.AddRange(
                ComparisonMeasuring
                    .PicturesOf(ComparisonRuns.FolderOf(plan, ComparisonRuns.Table, cell))
                    .Where(one => one.Prompt < prompts.Count && one.Index == 0)
                    .Select(one => new SheetPicture(ImageReader.Read(one.File, "images"), method.Title))
            );
        }

        return ContactSheet.Render(item.Id, [new SheetPicture(crop, "the photo")], pictures);
    }

    private void Write(string name, RgbImage image) => ComparisonFiles.Write(Path.Combine(plan.Out, Folder, name), PngWriter.Encode(image));
}
