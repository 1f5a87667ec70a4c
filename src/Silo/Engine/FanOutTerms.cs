using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// What a job's slot has settled that its request leaves open, for those that help it: lies in the store beside the epoch's checkpoints. A helper computes in this precision, and refuses
/// when its own fingerprint (model, photo, masks, options) is another one: its terms would not be the job's.
/// </summary>
/// <param name="Fingerprint">The run's fingerprint.</param>
/// <param name="Precision">Float32 or bfloat16: what <c>--precision auto</c> came to.</param>
internal sealed record FanOutTerms(string Fingerprint, ComputePrecision Precision)
{
    /// <summary>Where an epoch's terms lie.</summary>
    /// <param name="job">The job.</param>
    public static string PathOf(EngineJob job) => FormattableString.Invariant($"{BlobPaths.Job(job.JobId)}epochs/{job.Epoch}/fan-out.json");

    /// <summary>Leaves them in the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void Write(IArtifactStore store, EngineJob job, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(this));
        store.WriteAsync(PathOf(job), content, WriteCondition.Any, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>Takes them from the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OneShotException">unavailable: the epoch has none (any more).</exception>
    public static FanOutTerms Read(IArtifactStore store, EngineJob job, CancellationToken cancellationToken)
    {
        return Parse(store.ReadAllBytesAsync(PathOf(job), cancellationToken).GetAwaiter().GetResult()) ?? throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Epoch {job.Epoch} of job {job.JobId} does not ask for help (any more)."));
    }

    /// <summary>Reads what <see cref="Write"/> left.</summary>
    /// <param name="bytes">The document; null if there is none.</param>
    /// <returns>The terms; null if these are none.</returns>
    internal static FanOutTerms? Parse(byte[]? bytes)
    {
        try
        {
            return bytes is not null && StrictJson.Read<FanOutTerms>(bytes, JsonSerializerOptions.Default) is { Precision: ComputePrecision.Fp32 or ComputePrecision.Bf16 } terms ? terms : null;
        }
        catch (UnusableJsonException)
        {
            return null;
        }
    }
}
