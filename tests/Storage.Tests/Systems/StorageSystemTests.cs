using System.Runtime.Versioning;
using OrleansOneShot.Storage.Systems;

namespace OrleansOneShot.Storage.Tests.Systems;

/// <summary>What is asked of the system that runs the tests.</summary>
public sealed class StorageSystemTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-system-").FullName;

    [Fact]
    public void Current_ThisSystem_IsItsOwn() =>
        Assert.Equal(OperatingSystem.IsWindows() ? "WindowsStorage" : "UnixStorage", StorageSystem.Current.GetType().Name);

    [Fact]
    public void TryLink_NewName_IsTheSameFile()
    {
        File.WriteAllText(At("file"), "text");
        Assert.True(StorageSystem.Current.TryLink(At("file"), At("name")));
        File.AppendAllText(At("file"), " and more");
        Assert.Equal("text and more", File.ReadAllText(At("name")));
    }

    [Fact]
    public void TryLink_NameThatIsThere_IsLost_AndStaysAsItWas()
    {
        File.WriteAllText(At("file"), "new");
        File.WriteAllText(At("name"), "old");
        Assert.False(StorageSystem.Current.TryLink(At("file"), At("name")));
        Assert.Equal("old", File.ReadAllText(At("name")));
    }

    [Fact]
    public void TryLink_NoSuchFile_IsNeitherWonNorLost() => Assert.Null(StorageSystem.Current.TryLink(At("gone"), At("name")));

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void CloseToOthers_WhatOthersMayRead_IsTheOwnersAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There rights are inherited.");
        StorageSystem.Current.CreatePrivately(At("private/inner"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(At("private/inner")));

        File.WriteAllText(At("open"), "");
        File.SetUnixFileMode(At("open"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        StorageSystem.Current.CloseToOthers(At("open"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("open")));
    }

    [Theory]
    [InlineData("cat", true)]
    [InlineData("nul.json", false)]
    public void CanName_DeviceOfWindows_IsRefusedThereAlone(string name, bool onWindows) =>
        Assert.Equal(onWindows || !OperatingSystem.IsWindows(), StorageSystem.Current.CanName(name));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string At(string name) => Path.Combine(_root, name);
}
