using System.Globalization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>A preview as people read it.</summary>
internal static class PreviewText
{
    /// <summary>A line about a preview: where it lies, and how near it is to the photo and to its prompt.</summary>
    /// <param name="progress">The event.</param>
    /// <param name="store">Folder below which previews lie; null: not on this machine.</param>
    /// <returns>The line; null: it is of no preview, or nothing can be said of it here.</returns>
    public static string? Of(ProgressEvent progress, string? store)
    {
        var metrics = Of(progress.Metrics);
        return progress.Preview is null ? null
            : store is not null ? $"Preview: {Path.Combine(store, progress.Preview)}{metrics}"
            : metrics.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"Preview of step {progress.Step}: {metrics.TrimStart()}")
            : null;
    }

    /// <summary>A preview's alignment.</summary>
    /// <param name="metrics">What was measured; null: nothing.</param>
    /// <returns>Two spaces and the numbers; empty: none.</returns>
    public static string Of(JobMetrics? metrics)
    {
        if (metrics is null)
        {
            return "";
        }

        var objects = metrics.Objects.Where(item => item.IaObject is not null).Select(item => $", {item.Token} {Number(item.IaObject)}");
        return $"  IA {Number(metrics.Ia)}, TA {Number(metrics.Ta)}{string.Concat(objects)}";
    }

    private static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
}
