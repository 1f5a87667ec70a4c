namespace OrleansOneShot.Storage.Tests;

/// <summary>What the collection needs to know: when files were used, and that it deletes nothing that was used since.</summary>
public abstract partial class ArtifactStoreConformance
{
    // Blob storage keeps whole seconds.
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task ListUsesAsync_Prefix_GivesItsFilesWithLengthAndTime()
    {
        var begin = DateTimeOffset.UtcNow - s_tick;
        await Write("blobs/a", "one");
        await Write("blobs/b/c", "three");
        await Write("blobs-not", "x");
        var uses = await Uses("blobs/");
        Assert.Equal([("blobs/a", 3), ("blobs/b/c", 5)], uses.Select(file => (file.Path, file.Bytes)));
        Assert.All(uses, file => Assert.InRange(file.LastUsed, begin, DateTimeOffset.UtcNow + s_tick));
    }

    [Fact]
    public async Task ListUsesAsync_NothingThere_IsEmpty() => Assert.Empty(await Uses("nothing/"));

    [Fact]
    public async Task TouchAsync_NoSuchFile_IsFalseAndMakesNone()
    {
        Assert.False(await Store.TouchAsync("gone"));
        Assert.Null(await Store.GetInfoAsync("gone"));
    }

    [Fact]
    public async Task TouchAsync_File_KeepsBytesAndHashAndMovesItsTimeOn()
    {
        var written = await Write("used", "text");
        var before = Assert.Single(await Uses("used")).LastUsed;
        // As soon as the store's clock shows another time.
        DateTimeOffset after;
        do
        {
            Assert.True(await Store.TouchAsync("used"));
            after = Assert.Single(await Uses("used")).LastUsed;
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        } while (after == before);

        Assert.True(after > before);
        Assert.Equal(written, await Store.GetInfoAsync("used"));
        Assert.Equal("text", await Read("used"));
    }

    [Fact]
    public async Task DeleteUnusedAsync_UsedSince_KeepsIt()
    {
        await Write("kept", "text");
        Assert.False(await Store.DeleteUnusedAsync("kept", DateTimeOffset.UtcNow - TimeSpan.FromHours(1)));
        Assert.Equal("text", await Read("kept"));
    }

    [Fact]
    public async Task DeleteUnusedAsync_NotUsedSince_DeletesItOnce()
    {
        await Write("old", "text");
        await Write("older", "text");
        var later = DateTimeOffset.UtcNow + TimeSpan.FromHours(1);
        Assert.True(await Store.DeleteUnusedAsync("old", later));
        Assert.False(await Store.DeleteUnusedAsync("old", later));
        Assert.Equal(["older"], await List(""));
    }

    protected async Task<List<StoredFile>> Uses(string prefix)
    {
        var files = new List<StoredFile>();
        await foreach (var file in Store.ListUsesAsync(prefix))
        {
            files.Add(file);
        }
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }
}
