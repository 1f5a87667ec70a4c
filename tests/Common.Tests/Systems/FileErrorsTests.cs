using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Common.Tests.Systems;

public sealed class FileErrorsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-errors-").FullName;

    [Fact]
    public void IsHeld_FileThatIsOpenAlone_IsToldFromOneThatIsMissing()
    {
        var file = Path.Combine(_root, "lock");
        using var held = new FileStream(file, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.True(FileErrors.IsHeld(Assert.ThrowsAny<IOException>(() => File.OpenRead(file))));
        Assert.False(FileErrors.IsHeld(Assert.ThrowsAny<IOException>(() => File.OpenRead(file + "-gone"))));
    }

    [Fact]
    public void IsExisting_MoveOntoAFile_IsToldFromAMoveOfNone()
    {
        var (one, two) = (Path.Combine(_root, "one"), Path.Combine(_root, "two"));
        File.WriteAllText(one, "");
        File.WriteAllText(two, "");
        Assert.True(FileErrors.IsExisting(Assert.ThrowsAny<IOException>(() => File.Move(one, two))));
        Assert.False(FileErrors.IsExisting(Assert.ThrowsAny<IOException>(() => File.Move(one + "-gone", two))));
    }

    [Theory]
    [InlineData(28)] // ENOSPC
    [InlineData(122)] // EDQUOT on Linux
    [InlineData(69)] // EDQUOT on macOS
    [InlineData(unchecked((int)0x80070070))] // ERROR_DISK_FULL
    [InlineData(unchecked((int)0x80070027))] // ERROR_HANDLE_DISK_FULL
    public void IsDiskFull_NumbersOfEachSystem_AreKnown(int number)
    {
        Assert.True(FileErrors.IsDiskFull(new IOException("full", number)));
        Assert.False(FileErrors.IsHeld(new IOException("full", number)));
        Assert.False(FileErrors.IsDiskFull(new UnauthorizedAccessException()));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
