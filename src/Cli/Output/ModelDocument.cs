namespace OrleansOneShot.Cli.Output;

/// <summary>A known model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Shipped">Whether it came with the program.</param>
/// <param name="Default">Whether it is taken when none is named.</param>
/// <param name="Kind">base, or clip for one that serves --clip.</param>
internal sealed record ModelDocument(string Name, string Path, bool Shipped, bool Default, string Kind);
