using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.FanOut;

/// <summary>The value of one term. Its tag (job, epoch, step, term) lets the coordinator drop what comes late or twice.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Step">The step, from 0.</param>
/// <param name="Term">Number of the term within the step.</param>
/// <param name="Payload">Gradients (or, between averages, weights and moments), as the engine packed them.</param>
/// <param name="Losses">The term's losses, as the engine orders them.</param>
/// <param name="Seconds">How long the evaluation took.</param>
[GenerateSerializer, Immutable, Alias("oneshot.TermResult")]
public sealed record TermResult(
    [property: Id(0)] string JobId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] int Step,
    [property: Id(3)] int Term,
    [property: Id(4)] ReadOnlyMemory<byte> Payload,
    [property: Id(5)] ImmutableArray<double> Losses,
    [property: Id(6)] double Seconds
);
