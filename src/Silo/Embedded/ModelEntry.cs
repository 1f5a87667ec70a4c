namespace OrleansOneShot.Silo.Embedded;

/// <summary>A model that this machine knows.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Folder">Absolute path of its folder.</param>
/// <param name="Shipped">Whether it came with the program.</param>
/// <param name="Kind">What it is for, as far as its folder tells.</param>
public sealed record ModelEntry(string Name, string Folder, bool Shipped, ModelKind Kind = ModelKind.Base);
