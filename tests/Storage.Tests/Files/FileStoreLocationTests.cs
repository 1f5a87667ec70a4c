using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Storage.Tests.Files;

public sealed class FileStoreLocationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-location-").FullName;

    [Fact]
    public async Task FileOf_WhatWasWritten_IsWhereItLies()
    {
        var location = FileStoreLocation.Parse(new Uri($"file://{_folder}/a%20b"));
        Assert.Equal(Path.Combine(_folder, "a b"), location.Folder);
        Assert.False(Directory.Exists(location.Folder));

        var store = location.Open();
        await store.WriteAsync(StorePaths.Manifest("j1"), new MemoryStream([1]), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("files", store.Kind);
        Assert.True(File.Exists(location.FileOf(StorePaths.Manifest("j1"))));
        Assert.Equal(Path.Combine(_folder, "a b", "jobs", "j1", "result"), location.FileOf(StorePaths.Result("j1")));
        Assert.Equal($"folder {location.Folder}", location.ToString());
    }

    [Theory]
    [InlineData("file://host/srv/oneshot")]
    [InlineData("file:///srv/oneshot?a=b")]
    [InlineData("file:///srv/oneshot#a")]
    [InlineData("https://host/srv/oneshot")]
    public void Parse_MoreThanAPathOfThisMachine_IsRefused(string address)
    {
        var error = Assert.Throws<ArgumentException>(() => FileStoreLocation.Parse(new Uri(address)));
        Assert.Equal("The address of a store of files must be an absolute path of this machine and nothing more, such as file:///srv/oneshot.", error.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
