namespace OrleansOneShot.Cli.Output;

/// <summary>The silos of a cluster that offer slots.</summary>
/// <param name="Silos">By address.</param>
internal sealed record SiloListDocument(IReadOnlyList<SiloDocument> Silos);
