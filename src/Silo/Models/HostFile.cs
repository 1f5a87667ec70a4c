namespace OrleansOneShot.Silo.Models;

/// <summary>A file as the host's listing states it.</summary>
/// <param name="Path">Path within the repository, checked by <see cref="RepositoryPath"/>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 in lower-case hexadecimal, which hosts state for large files; or null.</param>
/// <param name="GitSha1">The id git gives to a file of these bytes, which hosts state for small files; or null.</param>
internal sealed record HostFile(string Path, long Bytes, string? Sha256, string? GitSha1)
{
    /// <summary>What tells these bytes from any others.</summary>
    public string Identity => Sha256 ?? GitSha1 ?? throw new InvalidOperationException($"The host states no hash of {Path}.");
}
