namespace OrleansOneShot.Cli.Output;

/// <summary>One thing that was checked.</summary>
/// <param name="Name">What.</param>
/// <param name="Ok">Whether it is as it should be.</param>
/// <param name="Detail">What was found, in words.</param>
internal sealed record CheckDocument(string Name, bool Ok, string Detail);
