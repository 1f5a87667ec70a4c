using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// SHA-256 of files, remembered for the life of the process as long as the size and time of the file behind a path stay the same: a model of gigabytes is read
/// once, by whatever links it is named.
/// </summary>
public static class FileHashes
{
    private static readonly ConcurrentDictionary<(string Path, long Length, DateTime Written), string> Known = new();

    /// <summary>The hash of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static string Sha256(string path)
    {
        var file = LinkedFile.Of(path);
        return Known.GetOrAdd(
            (file.Path, file.Length, file.WrittenUtc),
            static key =>
            {
                using var stream = new FileStream(key.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
                return Convert.ToHexStringLower(SHA256.HashData(stream));
            }
        );
    }
}
