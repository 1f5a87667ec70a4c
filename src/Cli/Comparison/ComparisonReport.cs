using System.Globalization;
using System.Text;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>A comparison as Markdown. Every word in it is computed: nothing is to be edited by hand.</summary>
/// <param name="document">What it came to.</param>
/// <param name="pictures">The pictures, as links from the report, each with its words.</param>
/// <param name="level">Level of the top heading, 1 or more.</param>
internal sealed class ComparisonReport(ComparisonDocument document, IReadOnlyList<(string Link, string Words)> pictures, int level = 1)
{
    // Table 1 of Lu, Xie and Guo 2024: one number each, no interval; KID of Textual Inversion is lost.
    private static readonly (string Id, string Ia, string Ta, string Kid)[] s_paper =
    [
        ("textual-inversion", "0.6084", "0.2609", "(lost)"),
        ("dreambooth", "0.6216", "0.2434", "0.2630"),
        ("lora", "0.6284", "0.2774", "0.1222"),
        (ComparedMethod.ReferenceId, "0.6431", "0.2800", "0.1882"),
    ];

    private readonly StringBuilder _text = new();

    /// <summary>Writes it.</summary>
    /// <returns>Markdown, lines ended by \n.</returns>
    public string Write()
    {
        Heading(
            0,
            document.Preset == ComparisonOptions.Tuned ? "Each method at its best (preset tuned)" : "One learning rate and step count for all (preset paper)"
        );
        Line($"Made by `{Plain(document.Command)}`.");
        Line(
            Text($"Model {Code(document.Model)}; {document.Objects.Count} objects ({string.Join(", ", document.Objects.Select(Code))}), {document.Seeds} ")
                + Text($"{(document.Seeds == 1 ? "seed" : "seeds")} each, {document.Pictures} pictures of each object by each method.")
        );
        Line($"Prompts: {string.Join("; ", document.Prompts.Select(Code))}.");
        var measuring = document.Models.Dino is { } dino ? $"{NameOf(document.Models.Clip)}; {NameOf(dino)}" : NameOf(document.Models.Clip);
        Line($"Measured by {measuring}.");
        Blank();
        WriteFindings();
        WriteTable();
        WriteDifferences();
        WriteMethods();
        WriteGrid();
        WritePaper();
        WritePictures();
        WriteNotes();
        return _text.ToString();
    }

    /// <summary>What a row's differences to ours say, in a sentence.</summary>
    /// <param name="method">The row.</param>
    /// <param name="figures">The figures.</param>
    /// <returns>Such as "plain LoRA: better than ours by ta; no difference seen by ia."</returns>
    internal static string Finding(MethodDocument method, IReadOnlyList<ComparedFigure> figures)
    {
        var said = figures
            .Select(figure => (figure.Name, figure.Rows.FirstOrDefault(row => row.Method == method.Id)?.Verdict))
            .Where(one => one.Verdict is not null)
            .GroupBy(one => one.Verdict!, one => one.Name)
            .ToDictionary(some => some.Key, some => string.Join(", ", some), StringComparer.Ordinal);
        List<string> parts = [];
        foreach (
            var (verdict, words) in ((string, string)[])
                [
                    (Verdict.Better, "better than ours by"),
                    (Verdict.Worse, "worse than ours by"),
                    (Verdict.NoDifference, "no difference seen by"),
                    (Verdict.TooFew, "too few objects to tell by"),
                ]
        )
        {
            if (said.TryGetValue(verdict, out var names))
            {
                parts.Add($"{words} {names}");
            }
        }

        return $"{method.Title}: {(parts.Count > 0 ? string.Join("; ", parts) : "not measured")}.";
    }

    private void WriteFindings()
    {
        Heading(1, "What was found");
        foreach (var method in document.Methods.Where(method => method.Id != ComparedMethod.ReferenceId))
        {
            Line($"* {Finding(method, document.Figures)}");
        }

        Blank();
        Line("Better and worse are said where the 95 % interval of the difference to ours, object by object, does not hold zero.");
        Line("Of twenty such differences one does so by chance.");
        foreach (var warning in document.Warnings)
        {
            Line(Plain(warning));
        }

        Blank();
    }

    private void WriteTable()
    {
        Heading(1, "Figures");
        Line("Mean over objects with the 95 % interval of a bootstrap over objects; of each object the mean over its pictures and seeds.");
        Line("The floor is the frozen model with the class word, the ceiling the photo's own object pasted into the floor's pictures.");
        Blank();
        Header(["figure", "better", "floor", .. document.Methods.Select(method => method.Title), "ceiling"]);
        foreach (var figure in document.Figures)
        {
            Row([
                Code(figure.Name),
                figure.Better,
                Of(figure.Name, figure.Floor),
                .. document.Methods.Select(method => Of(figure.Name, figure.Rows.FirstOrDefault(row => row.Method == method.Id)?.Value)),
                Of(figure.Name, figure.Ceiling),
            ]);
        }

        Blank();
    }

    private void WriteDifferences()
    {
        List<MethodDocument> others = [.. document.Methods.Where(method => method.Id != ComparedMethod.ReferenceId)];
        if (others.Count == 0)
        {
            return;
        }

        Heading(1, "Differences to ours");
        Line("The method's value minus that of ours on the same objects, seeds, prompts and noise.");
        Blank();
        Header(["figure", "better", .. others.Select(method => method.Title)]);
        foreach (var figure in document.Figures)
        {
            Row([Code(figure.Name), figure.Better, .. others.Select(method => Difference(figure, method.Id))]);
        }

        Blank();

        string Difference(ComparedFigure figure, string method) =>
            figure.Rows.FirstOrDefault(row => row.Method == method) is { Difference: { } difference, Verdict: { } verdict }
                ? $"{Of(figure.Name, difference, isSigned: true)}: {(verdict is Verdict.Better or Verdict.Worse ? $"**{verdict}**" : verdict)}"
                : "";
    }

    private void WriteMethods()
    {
        Heading(1, "How each was trained");
        Header(["method", "learning rate", "steps", "trainings", "seconds each"]);
        foreach (var method in document.Methods)
        {
            Row([
                method.Title,
                Rate(method.LearningRate),
                Text($"{method.Steps}"),
                Text($"{method.Trainings} of {document.Objects.Count * document.Seeds}"),
                method.Seconds is { } seconds ? Text($"{seconds:0.0}") : "not known",
            ]);
        }

        Blank();
        if (document.Failed.Count > 0)
        {
            Line(Text($"{document.Failed.Count} trainings have failed, and the figures are without them:"));
            foreach (var failed in document.Failed)
            {
                Line($"* {Code(failed.Id)}: {Plain(failed.Message)}");
            }

            Blank();
        }
    }

    private void WriteGrid()
    {
        if (document.Tuning.Count == 0)
        {
            return;
        }

        Heading(1, "How settings were chosen");
        Line($"On {string.Join(", ", document.TuningObjects.Select(Code))}, of which none is in the tables above, one seed.");
        Line(
            Text($"Of the settings that lose at most {TunedChoice.MostTextLoss:0 %} of the floor's `ta`, the one with the highest nearness: ")
                + "the mean way from floor (0) to ceiling (1) over the figures of the object that can tell one from the other."
        );
        Line("Ablations take what was chosen for ours.");
        Blank();
        Header(["method", "learning rate", "steps", "nearness", "ta", "ta kept", ""]);
        foreach (var setting in document.Tuning)
        {
            Row([
                Code(setting.Method),
                Rate(setting.LearningRate),
                Text($"{setting.Steps}"),
                setting.Nearness is { } nearness ? Text($"{nearness:0.000}") : "failed",
                setting.Ta is { } ta ? Text($"{ta:0.000}") : "",
                setting.Nearness is null ? ""
                : setting.KeepsText ? "yes"
                : "no",
                setting.IsChosen ? "**chosen**" : "",
            ]);
        }

        Blank();
    }

    private void WritePaper()
    {
        Heading(1, "Table 1 of the paper");
        Line("Lu, Xie and Guo 2024: Stable Diffusion, 5 categories, 750 pictures, one number each and no interval.");
        Line("They are another model's figures, to be read for their order.");
        Blank();
        Header(["", .. s_paper.Select(one => ComparedMethod.All.First(method => method.Id == one.Id).Title)]);
        Row(["IA, higher is better", .. s_paper.Select(one => one.Ia)]);
        Row(["TA, higher is better", .. s_paper.Select(one => one.Ta)]);
        Row(["KID, lower is better", .. s_paper.Select(one => one.Kid)]);
        Blank();
    }

    private void WritePictures()
    {
        if (pictures.Count == 0)
        {
            return;
        }

        Heading(1, "Pictures");
        foreach (var (link, words) in pictures)
        {
            Line($"{Plain(words)}:");
            Blank();
            Line($"![{Plain(words)}]({link})");
            Blank();
        }
    }

    private void WriteNotes()
    {
        Heading(1, "How to read it");
        foreach (var figure in document.Figures)
        {
            var kind = FigureKind.OfPictures.Append(FigureKind.KidClip).First(one => one.Name == figure.Name);
            Line($"* {Code(figure.Name)}: {kind.Words}, {figure.Better} is better.");
        }

        Line("* A picture that copies the photo has the best image alignment and is worth nothing: read `ia` together with `ta`, and look at the pictures.");
    }

    private static string NameOf(FeatureModel model) => $"{Code(model.Name)} (SHA-256 `{model.Sha256[..16]}`)";

    // Distances are in Delta E, the rest in hundredths of a cosine.
    private static string Of(string figure, Interval? value, bool isSigned = false)
    {
        if (value is null)
        {
            return "";
        }

        var places = figure.EndsWith("_distance", StringComparison.Ordinal) ? "0.0" : "0.000";
        var form = isSigned ? $"+{places};-{places};{places}" : places;
        var mean = value.Mean.ToString(form, CultureInfo.InvariantCulture);
        return value is { Low: { } low, High: { } high }
            ? $"{mean} [{low.ToString(form, CultureInfo.InvariantCulture)}, {high.ToString(form, CultureInfo.InvariantCulture)}]"
            : mean;
    }

    private static string Rate(double value) => value.ToString("0.#######", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string Code(string text) => $"`{Plain(text)}`";

    // What comes from manifests neither ends code nor a cell of a table.
    private static string Plain(string text) =>
        new([
            .. text.Select(c =>
                char.IsControl(c) ? ' '
                : c is '`' ? '\''
                : c is '|' ? '/'
                : c
            ),
        ]);

    private void Heading(int below, string text)
    {
        Line($"{new string('#', level + below)} {text}");
        if (below == 0)
        {
            Blank();
        }
    }

    private void Header(IReadOnlyList<string> cells)
    {
        Row(cells);
        Row([.. cells.Select(_ => "---")]);
    }

    private void Row(IReadOnlyList<string> cells) => Line($"| {string.Join(" | ", cells)} |");

    private void Line(string text) => _text.Append(text).Append('\n');

    private void Blank() => _text.Append('\n');
}
