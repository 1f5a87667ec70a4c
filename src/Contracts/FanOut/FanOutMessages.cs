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

/// <summary>Bytes of an echo. A type of its own, since only immutable types cross a call without being copied.</summary>
/// <param name="Bytes">The bytes; nobody changes them.</param>
[GenerateSerializer, Immutable, Alias("oneshot.EchoBytes")]
public sealed record EchoBytes([property: Id(0)] ReadOnlyMemory<byte> Bytes);
