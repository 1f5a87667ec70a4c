using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Client.Datasets.Reports;

/// <summary>A report as JSON documents, one a line.</summary>
internal static class JsonLinesReport
{
    /// <summary>Writes it.</summary>
    /// <param name="lines">The items.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When written.</returns>
    public static async Task WriteAsync(IAsyncEnumerable<ReportLine> lines, Stream output, CancellationToken cancellationToken)
    {
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            var document = JsonSerializer.SerializeToNode(line.Item, DocumentJson.Options)!.AsObject();
            if (line.Notes.Count > 0)
            {
                document["notes"] = new JsonArray([.. line.Notes.Select(note => JsonValue.Create(note))]);
            }

            await JsonSerializer.SerializeAsync(output, document, DocumentJson.Options, cancellationToken);
            await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }
}
