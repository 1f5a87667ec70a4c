using System.Globalization;
using System.Text;

namespace OrleansOneShot.Client.Datasets.Reports;

/// <summary>A report as a table: RFC 4180, UTF-8. No cell is taken for a formula by a spreadsheet.</summary>
internal static class CsvReport
{
    private static readonly (string Name, Func<ReportLine, object?> Value)[] s_columns =
    [
        ("number", line => line.Item.Number),
        ("id", line => line.Item.Id),
        ("state", line => line.Item.State.ToString().ToLowerInvariant()),
        ("attempts", line => line.Item.Attempts),
        ("seconds", line => line.Seconds is { } seconds ? Math.Round(seconds, 3) : null),
        ("started", line => line.Item.Started?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
        ("finished", line => line.Item.Finished?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
        ("ia", line => line.Item.Metrics?.Ia),
        ("ta", line => line.Item.Metrics?.Ta),
        ("ia_object", line => line.Like),
        ("ia_class", line => line.Plain),
        ("prototype_similarity", line => line.Item.Metrics?.PrototypeSimilarity),
        ("job", line => line.Item.Job),
        ("error_code", line => line.Item.Error?.Code),
        ("error_field", line => line.Item.Error?.Field),
        ("error", line => line.Item.Error?.Message),
        ("hint", line => line.Item.Error?.Hint),
        ("notes", line => line.Notes.Count == 0 ? null : string.Join(' ', line.Notes)),
    ];

    /// <summary>Writes it.</summary>
    /// <param name="lines">The items.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When written.</returns>
    public static async Task WriteAsync(IAsyncEnumerable<ReportLine> lines, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        await WriteLineAsync(writer, s_columns.Select(column => column.Name), cancellationToken);
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            await WriteLineAsync(writer, s_columns.Select(column => Cell(column.Value(line))), cancellationToken);
        }
    }

    /// <summary>A cell.</summary>
    /// <param name="value">A text, a number, or null.</param>
    /// <returns>As it stands in the file.</returns>
    internal static string Cell(object? value)
    {
        if (value is not string text)
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        }

        // What begins so, a spreadsheet computes: an id or an error's words could then run something on whoever opens the table.
        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? $"'{text}" : text;
        return safe.AsSpan().ContainsAny("\",\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private static Task WriteLineAsync(StreamWriter writer, IEnumerable<string> cells, CancellationToken cancellationToken) =>
        writer.WriteAsync((string.Join(',', cells) + "\r\n").AsMemory(), cancellationToken);
}
