using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Tests.Training;

/// <summary>Work folders, and what a killed process leaves of them.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"oneshot-work-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    [Fact]
    public void Dispose_WithFiles_LeavesNothing()
    {
        using (var folder = RunFolder.Create(_root, "j1-1"))
        {
            File.WriteAllText(Path.Combine(folder.Path, "checkpoint"), "x");
        }
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void DeleteAbandoned_NoFolder_FindsNothing() => Assert.Equal(0, RunFolder.DeleteAbandoned(_root));

    [Fact]
    public void DeleteAbandoned_OneInUseAndOneOfAKilledProcess_DeletesOnlyThat()
    {
        using var used = RunFolder.Create(_root, "j1-1");
        // As a kill leaves it: a folder, and a lock that nobody holds.
        var left = Directory.CreateDirectory(Path.Combine(_root, "j2-1")).FullName;
        File.WriteAllText(Path.Combine(left, "checkpoint"), "x");
        File.WriteAllText(left + ".lock", "");

        Assert.Equal(1, RunFolder.DeleteAbandoned(_root));
        Assert.Equal([used.Path, used.Path + ".lock"], Directory.GetFileSystemEntries(_root).Order(StringComparer.Ordinal));
        Assert.Equal(0, RunFolder.DeleteAbandoned(_root));
    }
}
