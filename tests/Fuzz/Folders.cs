using OrleansOneShot.TestKit;

namespace OrleansOneShot.Fuzz;

/// <summary>Where sound inputs come from, and where changed ones are put.</summary>
internal sealed class Folders : IDisposable
{
    /// <summary>Makes a folder for the process.</summary>
    public Folders()
    {
        var memory = new DirectoryInfo("/dev/shm");
        Work = Directory.CreateDirectory(Path.Combine(memory.Exists ? memory.FullName : Path.GetTempPath(), $"oneshot-fuzz-{Guid.NewGuid():N}")).FullName;
    }

    /// <summary>A folder of the process, in memory where there is such.</summary>
    public string Work { get; }

    /// <summary>A file or folder of the golden ones.</summary>
    public static string Golden(params string[] parts) => Repository.Golden(parts);

    /// <summary>A file or folder of the shipped model.</summary>
    public static string Toy(params string[] parts) => Path.Combine([Repository.Model, .. parts]);

    /// <summary>A path of the process.</summary>
    public string New(string name) => Path.Combine(Work, name);

    /// <summary>A copy of a folder.</summary>
    public string Copy(string from, string name)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(New(name), Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to, overwrite: true);
        }

        return New(name);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Work, recursive: true);
}
