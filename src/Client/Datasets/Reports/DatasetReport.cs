using System.Runtime.CompilerServices;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Client.Datasets.Reports;

/// <summary>The forms of a report.</summary>
public enum DatasetReportFormat
{
    /// <summary>A page to look at: one file, which needs no network.</summary>
    Html = 0,

    /// <summary>A table for spreadsheets and scripts (RFC 4180), a line an item.</summary>
    Csv = 1,

    /// <summary>A JSON document a line: each item as the server tells it.</summary>
    Jsonl = 2,
}

/// <summary>
/// Where a report's page finds what belongs to an item, as an address relative to the page in which <c>{id}</c> stands for the item's id and <c>{job}</c> for
/// its job's.
/// </summary>
/// <param name="Sheet">The contact sheet; null: nowhere.</param>
/// <param name="Report">The item's own report; null: nowhere.</param>
public sealed record DatasetReportLinks(string? Sheet, string? Report)
{
    /// <summary>Results lie in folders beside the page that are called as the items.</summary>
    public static DatasetReportLinks Folders { get; } = new("{id}/sheet.png", "{id}/report.html");

    /// <summary>The page is a server's own, <c>/v1/dataset-runs/{id}/report</c>.</summary>
    public static DatasetReportLinks Server { get; } = new("../../implantations/{job}/files/sheet.png", "../../implantations/{job}/files/report.html");
}

/// <summary>What came of a dataset run, item by item. It is written while it is read, so a long one takes no more memory than a short one.</summary>
/// <param name="run">The run.</param>
/// <param name="items">Its items, by number.</param>
public sealed class DatasetReport(DatasetRunStatus run, IAsyncEnumerable<DatasetItemStatus> items)
{
    /// <summary>Where a page finds what belongs to an item.</summary>
    public DatasetReportLinks Links { get; init; } = DatasetReportLinks.Folders;

    /// <summary>What else there is to say of an item, such as how its mask was made: sentences. Null: nothing.</summary>
    public Func<DatasetItemStatus, IReadOnlyList<string>>? Notes { get; init; }

    /// <summary>Writes the report.</summary>
    /// <param name="format">Its form.</param>
    /// <param name="output">Where to; stays open, and is written to asynchronously alone.</param>
    /// <param name="cancellationToken">Stops; what was written stays.</param>
    /// <returns>When written.</returns>
    /// <exception cref="IOException">It can't be written.</exception>
    public Task WriteAsync(DatasetReportFormat format, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        var lines = ReadAsync(cancellationToken);
        return format switch
        {
            DatasetReportFormat.Html => HtmlReport.WriteAsync(run, lines, Links, output, cancellationToken),
            DatasetReportFormat.Csv => CsvReport.WriteAsync(lines, output, cancellationToken),
            DatasetReportFormat.Jsonl => JsonLinesReport.WriteAsync(lines, output, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }

    private async IAsyncEnumerable<ReportLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            yield return new ReportLine(item, Notes?.Invoke(item) ?? []);
        }
    }
}

/// <summary>An item with what a report says of it.</summary>
/// <param name="Item">The item.</param>
/// <param name="Notes">What else there is to say, sentences.</param>
internal sealed record ReportLine(DatasetItemStatus Item, IReadOnlyList<string> Notes)
{
    /// <summary>How like the photo's objects those of the pictures are, over all objects; null where nothing was measured.</summary>
    public double? Like => Mean(Item.Metrics?.Objects.Select(one => one.IaCompared ?? one.IaObject));

    /// <summary>The same of what the frozen model draws for the plain word; null where nothing was compared.</summary>
    public double? Plain => Mean(Item.Metrics?.Objects.Select(one => one.IaClass));

    /// <summary>Seconds that slots worked for it; null while none is told.</summary>
    public double? Seconds => Item.Seconds > 0 ? Item.Seconds : null;

    private static double? Mean(IEnumerable<double?>? values) => (values ?? []).Average();
}
