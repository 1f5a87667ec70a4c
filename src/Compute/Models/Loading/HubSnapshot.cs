namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Folders of the Hugging Face cache, <c>models--OWNER--NAME/snapshots/COMMIT</c>, whose own name says nothing.</summary>
public static class HubSnapshot
{
    /// <summary>What the cache's folders of models begin with.</summary>
    public const string Prefix = "models--";

    /// <summary>The folder within, that has a folder for each commit.</summary>
    public const string Snapshots = "snapshots";

    /// <summary>The repository that a folder is a snapshot of, as the cache spells it.</summary>
    /// <param name="folder">Path of a folder, without a separator at its end.</param>
    /// <returns>OWNER--NAME; null of any other folder.</returns>
    public static string? NameOf(string folder)
    {
        var snapshots = Path.GetDirectoryName(folder);
        return
            Path.GetFileName(snapshots) == Snapshots
            && Path.GetFileName(Path.GetDirectoryName(snapshots)) is { } name
            && name.Length > Prefix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            ? name[Prefix.Length..]
            : null;
    }
}
