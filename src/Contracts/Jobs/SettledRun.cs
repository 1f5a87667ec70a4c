using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>
/// What a job's first epoch has found out or measured and its weights depend on: kept with the job, so that a run that begins again, on whichever silo, publishes the same weights as
/// one that was never disturbed.
/// </summary>
/// <param name="ModelSha256">The base model's identity: SHA-256 over the hashes of its weights.</param>
/// <param name="Precision">What is computed in: <see cref="Requests.Precision.Fp32"/> or <see cref="Requests.Precision.Bf16"/>.</param>
/// <param name="FanOut">How terms of a step are evaluated, as the engine writes it; <see cref="MaxFanOut"/> characters at most.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SettledRun")]
public sealed record SettledRun([property: Id(0)] string ModelSha256, [property: Id(1)] Precision Precision, [property: Id(2)] string FanOut)
{
    /// <summary>Longest text of <see cref="FanOut"/>, in characters.</summary>
    public const int MaxFanOut = 16 * 1024;
}
