using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Common.Tests.Systems;

public sealed class DiskRoomTests
{
    [Fact]
    public void Free_FolderOfThisMachine_IsKnown() => Assert.True(DiskRoom.Free(Path.GetTempPath()) > 0);

    [Fact]
    public void Free_FolderThatIsNotThere_IsUnknown() =>
        Assert.Null(DiskRoom.Free(OperatingSystem.IsWindows() ? @"\\nowhere\share" : Path.Combine(Path.GetTempPath(), $"oneshot-{Guid.NewGuid():N}")));
}
