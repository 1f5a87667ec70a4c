using System.Globalization;
using OrleansOneShot.Compute.Evaluation;
using Spectre.Console;

namespace OrleansOneShot.Cli.Output;

/// <summary>Figures as a table for people.</summary>
internal static class EvaluationText
{
    /// <summary>Writes the figures, and below them how to read them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="document">What was measured.</param>
    public static void Write(TextWriter output, EvaluationDocument document)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var hasFloor = document.Figures.Any(figure => figure.Floor is not null);
        var hasCeiling = document.Figures.Any(figure => figure.Ceiling is not null);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Figure", "Better", "Pictures");
        if (hasFloor)
        {
            table.AddColumns("Floor", "Over floor");
        }

        if (hasCeiling)
        {
            table.AddColumns("Ceiling", "Way");
        }

        foreach (var figure in document.Figures)
        {
            List<string> cells = [figure.Name, figure.Better, Text(figure.Mean, figure.Low, figure.High)];
            if (hasFloor)
            {
                cells.Add(Text(figure.Floor));
                cells.Add(figure.OverFloor is { } over ? Text(over.Mean, over.Low, over.High, signed: true) : "");
            }

            if (hasCeiling)
            {
                cells.Add(Text(figure.Ceiling));
                cells.Add(figure.Way is { } way ? string.Create(CultureInfo.InvariantCulture, $"{way:0%}") : "");
            }

            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        console.Write(table);
        foreach (var kind in Kinds().Where(kind => document.Figures.Any(figure => figure.Name == kind.Name)))
        {
            output.WriteLine($"{kind.Name}: {kind.Words}");
        }

        if (hasFloor)
        {
            output.WriteLine("Floor: what the model alone draws for the same prompts with the class name (kid_clip: its two halves).");
        }

        if (hasCeiling)
        {
            output.WriteLine("Ceiling: those pictures with the photo's own object pasted over them. Way: 0 % is the floor, 100 % the ceiling.");
        }

        output.WriteLine("In brackets: 95 % interval.");
        output.WriteLine(document.Out);
    }

    private static IEnumerable<FigureKind> Kinds() => [.. FigureKind.OfPictures, FigureKind.KidClip];

    private static string Text(Interval? interval) => interval is null ? "" : Text(interval.Mean, interval.Low, interval.High);

    private static string Text(double mean, double? low, double? high, bool signed = false)
    {
        var form = signed ? "+0.000;-0.000;0.000" : "0.000";
        return low is null || high is null
            ? mean.ToString(form, CultureInfo.InvariantCulture)
            : $"{Number(mean)} ({Number(low.Value)} to {Number(high.Value)})";

        string Number(double value) => value.ToString(form, CultureInfo.InvariantCulture);
    }
}
