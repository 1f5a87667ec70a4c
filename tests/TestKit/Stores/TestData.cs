using OrleansOneShot.Storage;

namespace OrleansOneShot.TestKit.Stores;

/// <summary>A data folder that goes with its test.</summary>
public sealed class TestData : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-silo-").FullName;

    /// <summary>Makes the folder.</summary>
    public TestData() => Folder = DataFolder.Resolve(Path.Combine(_root, "data"));

    /// <summary>The folder.</summary>
    public DataFolder Folder { get; }

    /// <summary>A path beside it, that goes with it.</summary>
    /// <param name="name">Its name.</param>
    public string this[string name] => Path.Combine(_root, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);
}
