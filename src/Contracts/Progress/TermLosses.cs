namespace OrleansOneShot.Contracts.Progress;

/// <summary>The losses of one training step, by term.</summary>
/// <param name="Global">|| eps - eps_theta ||^2 of the whole picture.</param>
/// <param name="Object">Sum of the masked terms (eq. 4, 5); 0 when switched off.</param>
/// <param name="Class">L_CL (eq. 3), summed over the objects drawn; 0 when not drawn or switched off.</param>
[GenerateSerializer, Immutable, Alias("oneshot.TermLosses")]
public sealed record TermLosses([property: Id(0)] double Global, [property: Id(1)] double Object, [property: Id(2)] double Class);
