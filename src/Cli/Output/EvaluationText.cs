using System.Globalization;
using OrleansOneShot.Compute.Evaluation;
using Spectre.Console;

namespace OrleansOneShot.Cli.Output;

/// <summary>Figures as a table for people.</summary>
internal static class EvaluationText
{
    // What a table of all columns takes; a terminal that is narrower breaks its lines.
    private const int Width = 100;

    /// <summary>Writes the figures, and below them how to read them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="document">What was measured.</param>
    public static void Write(TextWriter output, EvaluationDocument document)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = Math.Max(Width, console.Profile.Width);
        var hasFloor = document.Figures.Any(figure => figure.Floor is not null);
        var hasCeiling = document.Figures.Any(figure => figure.Ceiling is not null);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Figure", "Pictures");
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
            List<string> cells = [figure.Name, Text(figure.Mean, figure.Low, figure.High)];
            if (hasFloor)
            {
                cells.Add(Text(figure.Floor));
                cells.Add(figure.OverFloor is { } over ? Text(over.Mean, over.Low, over.High, signed: true) : "");
            }

            if (hasCeiling)
            {
                cells.Add(Text(figure.Ceiling));
                cells.Add(figure.Way is { } way ? string.Create(CultureInfo.InvariantCulture, $"{way:0%;-0%;0%}") : "");
            }

            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        console.Write(table);
        foreach (var kind in Kinds().Where(kind => document.Figures.Any(figure => figure.Name == kind.Name)))
        {
            output.WriteLine($"{kind.Name}: {kind.Words}; {(kind.IsHigherBetter ? "higher" : "lower")} is better");
        }

        if (hasFloor)
        {
            output.WriteLine("Floor: what the model alone draws for the same prompts with the class name (kid_clip: its two halves).");
        }

        if (hasCeiling)
        {
            output.WriteLine("Ceiling: those pictures with the photo's own object pasted over them. Way: 0 % is the floor, 100 % the ceiling.");
        }

        output.WriteLine("Below each mean: its 95 % interval.");
        output.WriteLine(document.Out);
    }

    private static IEnumerable<FigureKind> Kinds() => [.. FigureKind.OfPictures, FigureKind.KidClip];

    private static string Text(Interval? interval) => interval is null ? "" : Text(interval.Mean, interval.Low, interval.High);

    // Three digits of what is small, and no more of what is large than anybody reads.
    private static string Text(double mean, double? low, double? high, bool signed = false)
    {
        return low is null || high is null ? Number(mean) : $"{Number(mean)}\n{Number(low.Value)} to {Number(high.Value)}";

        string Number(double value)
        {
            var digits = Math.Abs(mean) >= 1 ? "0.0" : "0.000";
            return value.ToString(signed ? $"+{digits};-{digits};{digits}" : digits, CultureInfo.InvariantCulture);
        }
    }
}
