namespace OrleansOneShot.Cli.Tests.Support;

/// <summary>A folder that goes with its test.</summary>
public sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("oneshot-cli-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, byte[] bytes)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The shipped model as a folder of links, in which single files may be replaced.</summary>
    public string LinkModel(string name)
    {
        foreach (var file in Directory.EnumerateFiles(Repository.Model, "*", SearchOption.AllDirectories))
        {
            var link = Path.Combine(this[name], Path.GetRelativePath(Repository.Model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, file);
        }

        return this[name];
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
