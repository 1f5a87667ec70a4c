using System.Collections.Immutable;

namespace OrleansOneShot.Grains.Engine;

/// <summary>What an engine made of one term.</summary>
/// <param name="Payload">Gradients, packed by the engine; the bytes belong to whoever gets them.</param>
/// <param name="Losses">The term's losses, as the engine orders them.</param>
public sealed record TermValue(ReadOnlyMemory<byte> Payload, ImmutableArray<double> Losses);
