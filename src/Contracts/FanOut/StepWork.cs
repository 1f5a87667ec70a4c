using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.FanOut;

/// <summary>Terms of one training step, for another silo to evaluate.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Step">The step, from 0.</param>
/// <param name="Terms">Numbers of the terms within the step, from 0.</param>
/// <param name="Payload">
/// What the terms are evaluated at, as the engine packed it: LoRA and token vectors. At most <see cref="FanOutLimits.PayloadBytes"/>.
/// </param>
[GenerateSerializer, Immutable, Alias("oneshot.StepWork")]
public sealed record StepWork(
    [property: Id(0)] string JobId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] int Step,
    [property: Id(3)] ImmutableArray<int> Terms,
    [property: Id(4)] ReadOnlyMemory<byte> Payload
);
