namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>doctor</c> and <c>models verify</c> found.</summary>
/// <param name="Ok">Whether all is as it should be.</param>
/// <param name="Checks">Each check.</param>
internal sealed record CheckListDocument(bool Ok, IReadOnlyList<CheckDocument> Checks);

/// <summary>One thing that was checked.</summary>
/// <param name="Name">What.</param>
/// <param name="Ok">Whether it is as it should be.</param>
/// <param name="Detail">What was found, in words.</param>
internal sealed record CheckDocument(string Name, bool Ok, string Detail);
