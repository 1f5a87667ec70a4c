using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Client.Datasets.Reports;

/// <summary>
/// A report as a page: one file, which runs its own script alone and loads pictures that lie beside it. The items are data within it, which the script draws as
/// they come into view; nothing from outside ever becomes markup.
/// </summary>
internal static class HtmlReport
{
    private const int FlushBytes = 1 << 16;

    private static readonly string[] s_fields = ["number", "id", "state", "attempts", "seconds", "ia", "ta", "like", "plain", "job", "error", "hint", "notes"];

    /// <summary>Writes it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="lines">The items.</param>
    /// <param name="links">Where the page finds what belongs to them.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When written.</returns>
    public static async Task WriteAsync(
        DatasetRunStatus run,
        IAsyncEnumerable<ReportLine> lines,
        DatasetReportLinks links,
        Stream output,
        CancellationToken cancellationToken
    )
    {
        var (style, script) = (Read("report.css"), Read("report.js"));
        await WriteAsync(output, Head(run, style, script), cancellationToken);
        await WriteDataAsync(run, lines, links, output, cancellationToken);
        await WriteAsync(output, $"</script>\n<script>{script}</script>\n</body>\n</html>\n", cancellationToken);
    }

    private static string Head(DatasetRunStatus run, string style, string script)
    {
        var policy = $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; img-src 'self' file:; base-uri 'none'; form-action 'none'";
        var body = Read("report.html")
            .Replace("{name}", Encode(run.Name), StringComparison.Ordinal)
            .Replace("{lead}", Encode(Lead(run)), StringComparison.Ordinal)
            .Replace("{when}", Encode(When(run)), StringComparison.Ordinal);
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="referrer" content="no-referrer">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(run.Name)} – oneshot</title>
            <style>{style}</style>
            </head>
            <body>
            {body}
            <script id="data" type="application/json">
            """.ReplaceLineEndings("\n");
    }

    /// <summary>What came of the run, in a sentence.</summary>
    /// <param name="run">The run.</param>
    internal static string Lead(DatasetRunStatus run)
    {
        var counts = run.Counts;
        if (counts.Succeeded == run.Items)
        {
            return run.Items == 1 ? "The one item has a result." : FormattableString.Invariant($"All {run.Items:N0} items have a result.");
        }

        var rest = run.Items - counts.Succeeded - counts.Failed;
        var failed = counts.Failed switch
        {
            0 => "none has failed",
            1 => "1 has failed",
            var count => FormattableString.Invariant($"{count:N0} have failed"),
        };
        var open =
            rest == 0 ? ""
            : run.State == DatasetRunState.Running ? FormattableString.Invariant($", {rest:N0} are still to come")
            : FormattableString.Invariant($", {rest:N0} were not tried to their end");
        return FormattableString.Invariant($"{counts.Succeeded:N0} of {run.Items:N0} items have a result, {failed}{open}.");
    }

    private static string When(DatasetRunStatus run)
    {
        var until = run.Finished is { } finished ? $", at rest since {Time(finished)}" : "";
        return $"Run {run.Id} of {run.Owner}, made {Time(run.Created)}{until}.";
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static async Task WriteDataAsync(
        DatasetRunStatus run,
        IAsyncEnumerable<ReportLine> lines,
        DatasetReportLinks links,
        Stream output,
        CancellationToken cancellationToken
    )
    {
        // The writer's usual encoder: no '<' or '&' of a text stands in the page as it is.
        await using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("planned", run.Items);
        json.WriteStartObject("links");
        json.WriteString("sheet", links.Sheet);
        json.WriteString("report", links.Report);
        json.WriteEndObject();
        json.WriteStartArray("fields");
        Array.ForEach(s_fields, json.WriteStringValue);
        json.WriteEndArray();
        json.WriteStartArray("items");
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            Write(json, line);
            if (json.BytesPending > FlushBytes)
            {
                await json.FlushAsync(cancellationToken);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static void Write(Utf8JsonWriter json, ReportLine line)
    {
        var item = line.Item;
        json.WriteStartArray();
        json.WriteNumberValue(item.Number);
        json.WriteStringValue(item.Id);
        json.WriteStringValue(item.State.ToString().ToLowerInvariant());
        json.WriteNumberValue(item.Attempts);
        WriteNumber(json, line.Seconds, 1);
        WriteNumber(json, item.Metrics?.Ia, 4);
        WriteNumber(json, item.Metrics?.Ta, 4);
        WriteNumber(json, line.Like, 4);
        WriteNumber(json, line.Plain, 4);
        json.WriteStringValue(item.Job);
        json.WriteStringValue(item.Error?.Message);
        json.WriteStringValue(item.Error?.Hint);
        json.WriteStartArray();
        foreach (var note in line.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, double? value, int digits)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumberValue(Math.Round(number, digits));
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static ValueTask WriteAsync(Stream output, string text, CancellationToken cancellationToken) =>
        output.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    private static string Read(string name)
    {
        using var stream =
            typeof(HtmlReport).Assembly.GetManifestResourceStream($"dataset.{name}") ?? throw new InvalidOperationException($"{name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
