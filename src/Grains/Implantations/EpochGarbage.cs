using System.Globalization;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What of an ended job's epochs nobody needs any more.</summary>
internal static class EpochGarbage
{
    /// <summary>Decides.</summary>
    /// <param name="jobId">The job, which has ended.</param>
    /// <param name="path">A path in the store, of any kind.</param>
    /// <param name="published">The epoch whose result the job has taken; null: none.</param>
    /// <returns>True for checkpoints, proposed manifests, notes for helpers, and results of other epochs; false for logs, previews, the result, and all that is not this job's.</returns>
    public static bool Is(string jobId, string path, long? published)
    {
        var epochs = BlobPaths.Epochs(jobId);
        if (!path.StartsWith(epochs, StringComparison.Ordinal))
            return false;
        var rest = path[epochs.Length..].Split('/', 2);
        if (rest.Length < 2 || !long.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
            return false;
        return rest[1].StartsWith("result/", StringComparison.Ordinal)
            ? epoch != published
            : rest[1] is "manifest.json" or "fan-out.json" || rest[1].StartsWith("checkpoint-", StringComparison.Ordinal);
    }
}
