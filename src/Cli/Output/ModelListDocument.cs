namespace OrleansOneShot.Cli.Output;

/// <summary>Known models.</summary>
/// <param name="Models">The models.</param>
internal sealed record ModelListDocument(IReadOnlyList<ModelDocument> Models);
