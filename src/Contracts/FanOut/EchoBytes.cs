namespace OrleansOneShot.Contracts.FanOut;

/// <summary>Bytes of an echo. A type of its own, since only immutable types cross a call without being copied.</summary>
/// <param name="Bytes">The bytes; nobody changes them.</param>
[GenerateSerializer, Immutable, Alias("oneshot.EchoBytes")]
public sealed record EchoBytes([property: Id(0)] ReadOnlyMemory<byte> Bytes);
