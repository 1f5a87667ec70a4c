using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub.Tests.Support;

/// <summary>A data folder that goes with its test.</summary>
public sealed class TestData : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-silo-").FullName;

    public TestData() => Folder = DataFolder.Resolve(Path.Combine(_root, "data"));

    public DataFolder Folder { get; }

    public string this[string name] => Path.Combine(_root, name);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
