namespace OrleansOneShot.Common.Tests;

public sealed class LinkedFileTests : IDisposable
{
    private readonly string _root = LinkedFile.RealPath(Directory.CreateTempSubdirectory("oneshot-links-").FullName);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Find_LinkToALinkWithinALinkedFolder_TellsOfTheFile()
    {
        var file = Write("blobs/one", 1234);
        File.SetLastWriteTimeUtc(file, new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc));
        Directory.CreateDirectory(At("snapshots/abc"));
        File.CreateSymbolicLink(At("snapshots/abc/first"), "../../blobs/one");
        File.CreateSymbolicLink(At("snapshots/abc/second"), "first");
        Directory.CreateSymbolicLink(At("main"), At("snapshots/abc"));

        Assert.Equal(new LinkedFile(file, 1234, new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc)), LinkedFile.Find(At("main/second")));
    }

    [Fact]
    public void Find_LinkThatLeadsElsewhereNow_IsAnotherFile()
    {
        var (first, second) = (Write("first", 8), Write("second", 8));
        File.SetLastWriteTimeUtc(second, File.GetLastWriteTimeUtc(first));
        File.CreateSymbolicLink(At("link"), first);
        var before = LinkedFile.Find(At("link"));
        File.Delete(At("link"));
        File.CreateSymbolicLink(At("link"), second);

        Assert.NotEqual(before, LinkedFile.Find(At("link")));
    }

    [Fact]
    public void Find_NoFile_IsNullAndMissingSaysWhy()
    {
        File.CreateSymbolicLink(At("dangling"), "../blobs/gone");

        Assert.Null(LinkedFile.Find(At("dangling")));
        Assert.Null(LinkedFile.Find(At("absent")));
        Assert.Null(LinkedFile.Find(_root));
        Assert.Equal(
            $"{At("dangling")} is a link to ../blobs/gone, which doesn't exist.",
            Assert.Throws<FileNotFoundException>(() => LinkedFile.Of(At("dangling"))).Message
        );
        Assert.Equal($"The file {At("absent")} doesn't exist.", LinkedFile.Missing(At("absent")));
    }

    [Fact]
    public void Find_LinksInACircle_SaysSo()
    {
        File.CreateSymbolicLink(At("a"), "b");
        File.CreateSymbolicLink(At("b"), "a");
        Directory.CreateSymbolicLink(At("folder"), "folder/within");

        Assert.Contains("circle", Assert.Throws<IOException>(() => LinkedFile.Find(At("a"))).Message, StringComparison.Ordinal);
        Assert.Contains("circle", Assert.Throws<IOException>(() => LinkedFile.Find(At("folder/file"))).Message, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_root, name);

    private string Write(string name, int bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), new byte[bytes]);
        return At(name);
    }
}
