namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>doctor</c> and <c>models verify</c> found.</summary>
/// <param name="Ok">Whether all is as it should be.</param>
/// <param name="Checks">Each check.</param>
internal sealed record CheckListDocument(bool Ok, IReadOnlyList<CheckDocument> Checks);
