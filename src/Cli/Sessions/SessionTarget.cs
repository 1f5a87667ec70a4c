using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Where jobs are.</summary>
/// <param name="Data">The data folder; a cluster's silos and clients share it.</param>
/// <param name="Redis">Connection string of the cluster's Redis, which may hold a password; null works in this process.</param>
/// <param name="ClusterText">The cluster as the user wrote it, without password.</param>
internal sealed record SessionTarget(DataFolder Data, string? Redis = null, string? ClusterText = null)
{
    /// <summary>A server over HTTP, whose jobs they are; null: those of the data folder, or of the cluster.</summary>
    public ServerAddress? Server { get; init; }

    /// <summary>Slots of a silo in this process, if it comes to one.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Where the jobs go on without this machine's data folder having an owner, as the end of a sentence; null: nowhere.</summary>
    public string? Elsewhere =>
        Server is not null ? $"at {Server}"
        : Redis is not null ? "in the cluster"
        : null;

    /// <summary>What a command line needs to mean this place.</summary>
    public string AsOption() => Server?.Option ?? (Data.AsOption() + (ClusterText is null ? "" : $" --cluster {ClusterText}"));

    /// <summary>
    /// Whether whoever runs the jobs has the data folder, and with it the models that were given by path. Where artifacts are no files in it, silos may be on
    /// other machines.
    /// </summary>
    public bool SharesFolder => Redis is null || Store.Folder == Data.Root;

    /// <summary>Where the jobs' artifacts are; nothing is opened.</summary>
    public StoreLocation Store => SiloStore.Choose(Data, Redis is not null);

    /// <summary>Opens the store of the jobs' artifacts.</summary>
    public IArtifactStore OpenStore() => SiloStore.Open(Store);
}
