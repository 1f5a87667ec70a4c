namespace OrleansOneShot.Grains.Implantations;

/// <summary>A machine failed a job.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="What">A clause that says when and how.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SiloFault")]
internal sealed record SiloFault([property: Id(0)] string Silo, [property: Id(1)] string What);
