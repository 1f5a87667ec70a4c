using OrleansOneShot.Client.Datasets.Reports;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>The reports of a run in the folder of its results.</summary>
internal static class ReportFiles
{
    private static readonly (string Name, DatasetReportFormat Format)[] s_files =
    [
        ("report.html", DatasetReportFormat.Html),
        ("report.csv", DatasetReportFormat.Csv),
        ("report.jsonl", DatasetReportFormat.Jsonl),
    ];

    /// <summary>Writes them; earlier ones are replaced as a whole.</summary>
    /// <param name="folder">Absolute path of the folder.</param>
    /// <param name="status">The run.</param>
    /// <param name="items">Its items.</param>
    /// <param name="notes">What was noticed, by the items' ids.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Absolute paths of the files.</returns>
    /// <exception cref="IOException">They can't be written.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string folder,
        DatasetRunStatus status,
        IReadOnlyList<DatasetItemStatus> items,
        IReadOnlyDictionary<string, IReadOnlyList<string>> notes,
        CancellationToken cancellationToken
    )
    {
        CreationMask.CreateUsersFolder(folder);
        var report = new DatasetReport(status, items.ToAsyncEnumerable()) { Notes = item => notes.GetValueOrDefault(item.Id) ?? [] };
        foreach (var (name, format) in s_files)
        {
            var beside = Path.Combine(folder, $".{name}.part-{Guid.NewGuid():N}");
            try
            {
                await using (var file = File.Create(beside))
                {
                    await report.WriteAsync(format, file, cancellationToken);
                }

                CreationMask.GiveToUser(beside);
                FileReplacement.Move(beside, Path.Combine(folder, name));
            }
            finally
            {
                File.Delete(beside);
            }
        }

        return [.. s_files.Select(file => Path.Combine(folder, file.Name))];
    }
}
