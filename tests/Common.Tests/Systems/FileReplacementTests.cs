using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Common.Tests.Systems;

public sealed class FileReplacementTests : IDisposable
{
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-replace-").FullName;

    [Fact]
    public void Move_OntoAFileThatIsBeingRead_ReplacesIt_AndTheReaderKeepsTheOldOne()
    {
        var (from, to) = (Path.Combine(_root, "new"), Path.Combine(_root, "file"));
        File.WriteAllText(to, "old");
        File.WriteAllText(from, "new");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows refuses it while it is read.");
        using var reader = new StreamReader(new FileStream(to, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

        FileReplacement.Move(from, to);

        Assert.Equal("old", reader.ReadToEnd());
        Assert.Equal("new", File.ReadAllText(to));
        Assert.False(File.Exists(from));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    public void Run_SomebodyInTheWayForAWhile_TriesUntilItIsDone(int successAt, int expectedTries)
    {
        var (tries, waits) = (0, 0);
        FileReplacement.Run(
            () =>
            {
                if (++tries < successAt)
                {
                    throw tries % 2 == 0 ? new IOException("in use", SharingViolation) : new UnauthorizedAccessException();
                }
            },
            5,
            () => waits++
        );
        Assert.Equal((expectedTries, expectedTries - 1), (tries, waits));
    }

    [Fact]
    public void Run_SomebodyInTheWayForGood_ThrowsTheLastError()
    {
        var tries = 0;
        Assert.Throws<UnauthorizedAccessException>(() => FileReplacement.Run(() => throw new UnauthorizedAccessException($"{++tries}"), 4, () => { }));
        Assert.Equal(4, tries);
    }

    [Fact]
    public void Run_AnotherError_IsThrownAtOnce()
    {
        var tries = 0;
        Assert.Throws<FileNotFoundException>(() => FileReplacement.Run(() => throw new FileNotFoundException($"{++tries}"), 4, () => { }));
        Assert.Equal(1, tries);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
