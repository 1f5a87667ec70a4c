using System.Globalization;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Output;

/// <summary>Dataset runs as people read them.</summary>
internal static class DatasetText
{
    /// <summary>Writes a run's lines.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="status">The run.</param>
    /// <param name="folder">The folder of its results, if it is known.</param>
    /// <param name="option">What a command line needs to mean the place where it runs, after a space; or empty.</param>
    public static void WriteRun(TextWriter output, DatasetRunStatus status, string? folder, string option)
    {
        output.WriteLine(Line(status));
        var counts = status.Counts;
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{counts.Succeeded:N0} of {status.Items:N0} done, {counts.Failed:N0} failed, {counts.Running:N0} running, {counts.Waiting:N0} waiting, "
                    + $"{counts.Cancelled:N0} cancelled, {status.Items - counts.Added():N0} not uploaded yet"
            )
        );
        if (Waiting(status, option) is { } reason)
        {
            output.WriteLine($"Waiting: {reason}");
        }

        if (folder is not null)
        {
            output.WriteLine($"Results: {folder}");
        }
    }

    /// <summary>
    /// What a run waits for: what it says itself, else the items that it was not given yet. Nobody here can know whether the command that
    /// sends them still runs.
    /// </summary>
    /// <param name="status">The run.</param>
    /// <param name="option">What a command line needs to mean the place where it runs, after a space; or empty.</param>
    /// <returns>A sentence or two; null: for nothing.</returns>
    public static string? Waiting(DatasetRunStatus status, string option) =>
        status.Waiting
        ?? (
            status.Items - status.Counts.Added() is > 0 and var missing
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{missing:N0} of {status.Items:N0} items wait for their upload, which is the work of the command that began the run. If it has ended, "
                        + $"go on where it began with: oneshot dataset resume {status.Id}{option}"
                )
                : null
        );

    /// <summary>A run in a line.</summary>
    /// <param name="status">The run.</param>
    public static string Line(DatasetRunStatus status)
    {
        var metadata = string.Concat(status.Metadata.Select(pair => $"  {pair.Key}={pair.Value}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{status.Id}  {status.State,-10}  {status.Counts.Succeeded,6}/{status.Items,-6}  {status.Created:yyyy-MM-dd HH:mm:ss}  {status.Owner}  "
                + $"{status.Name}{metadata}"
        );
    }

    /// <summary>An item in a line.</summary>
    /// <param name="item">The item.</param>
    public static string Line(DatasetItemStatus item)
    {
        var ia = item.Metrics?.Ia?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
        var ta = item.Metrics?.Ta?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
        var error = item.Error is { } why ? $"  {why.Message}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{item.Number,6}  {item.State,-9}  {item.Attempts,2}  IA {ia}  TA {ta}  {item.Seconds,7:0.0} s  {item.Id}  {item.Job ?? "-"}{error}"
        );
    }
}
