using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What of an ended job's epochs nobody needs any more.</summary>
internal static class EpochGarbage
{
    /// <summary>Decides.</summary>
    /// <param name="jobId">The job, which has ended.</param>
    /// <param name="path">A path in the store, of any kind.</param>
    /// <param name="published">The epoch whose result the job has taken; null: none.</param>
    /// <returns>
    /// True for checkpoints, proposed manifests, notes for helpers, and results of other epochs; false for logs, previews, the result, and all that is not this
    /// job's.
    /// </returns>
    public static bool Is(string jobId, string path, long? published) =>
        StorePaths.OfEpoch(jobId, path) switch
        {
            (var epoch, EpochFileKind.Result) => epoch != published,
            (_, EpochFileKind.Checkpoint or EpochFileKind.Manifest or EpochFileKind.Notes) => true,
            _ => false,
        };
}
