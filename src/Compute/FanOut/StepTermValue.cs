using System.Collections.Immutable;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>The value of one term of a step, as it travels.</summary>
/// <param name="Payload">Gradients of everything that trains (or weights and moments after a round), packed.</param>
/// <param name="Losses">The term's losses.</param>
public sealed record StepTermValue(ReadOnlyMemory<byte> Payload, ImmutableArray<double> Losses);
