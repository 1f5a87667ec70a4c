using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// What a job's slot has settled that its request leaves open, for those that help it: told to each of them when it opens. A helper computes in this precision,
/// and refuses when its own fingerprint (model and its configuration, photo, masks, options) is another one: its terms would not be the job's.
/// </summary>
/// <param name="Fingerprint">The run's fingerprint.</param>
/// <param name="Precision">Float32 or bfloat16: what <c>--precision auto</c> came to.</param>
internal sealed record FanOutTerms(string Fingerprint, Precision Precision)
{
    /// <summary>For the call that opens a helper.</summary>
    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>What a helper was told.</summary>
    /// <param name="job">Its job.</param>
    /// <exception cref="OneShotException">unavailable: it was told nothing, or nothing that could be meant.</exception>
    public static FanOutTerms Of(EngineJob job) =>
        Parse(job.Terms)
        ?? throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Epoch {job.Epoch} of job {job.JobId} does not ask for help (any more)."));

    /// <summary>Reads what <see cref="ToText"/> gave.</summary>
    /// <param name="text">The document; null if there is none.</param>
    /// <returns>The terms; null if these are none.</returns>
    internal static FanOutTerms? Parse(string? text)
    {
        try
        {
            return
                text is not null && StrictJson.Read<FanOutTerms>(text, JsonSerializerOptions.Default) is { Precision: Precision.Fp32 or Precision.Bf16 } terms
                ? terms
                : null;
        }
        catch (UnusableJsonException)
        {
            return null;
        }
    }
}
