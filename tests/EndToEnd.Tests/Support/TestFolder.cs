using System.Security.Cryptography;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>A folder that goes with its test.</summary>
public sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("oneshot-e2e-").FullName;

    public string Data => this["data"];

    public string Out => this["out"];

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Where a job of <see cref="Data"/> lies.</summary>
    public string Job(string id) => Path.Combine(Data, "jobs", id);

    /// <summary>SHA-256 of every file below a folder, by its path relative to it.</summary>
    public static SortedDictionary<string, string> Hash(string folder) =>
        new(
            Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))),
            StringComparer.Ordinal
        );

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
