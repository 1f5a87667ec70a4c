namespace OrleansOneShot.Silo.Models;

/// <summary>Where a model's folder came from, as its <c>oneshot-source.json</c> says.</summary>
/// <param name="Repository">The repository of a host; null for a cluster's artifact store.</param>
/// <param name="Revision">Branch, tag or commit that was asked for; null for a cluster's artifact store.</param>
/// <param name="Files">Its files, by path.</param>
internal sealed record ModelSource(string? Repository, string? Revision, IReadOnlyList<PulledFile> Files)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "oneshot-source.json";
}
