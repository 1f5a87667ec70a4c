using System.Text;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Access;

/// <summary>What an owner sees of the store's inputs, and how much they may upload.</summary>
public sealed class OwnerGrainTests : IAsyncLifetime
{
    private static readonly DateTime s_old = DateTime.UtcNow.AddHours(-20);

    private readonly TestWorld _world = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    private IOwnerGrain Ann => Owner("ann");

    public async ValueTask InitializeAsync() => await StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Has_OwnUpload_IsSeenByItsOwnerAlone()
    {
        var photo = await UploadAsync("ann", "photo");
        Assert.True(await Ann.Has(photo));
        Assert.False(await Owner("bob").Has(photo));
        Assert.False(await Owner("Ann").Has(photo));
        Assert.False(await Ann.Has(HashOf('f')));
        Assert.False(await Ann.Has("../" + photo[3..]));
        Assert.Equal([StorePaths.Upload("ann", photo)], await _world.FilesAsync("owners/"));
        Assert.Equal("""{"bytes":5}""", await File.ReadAllTextAsync(_world.PathOf(StorePaths.Upload("ann", photo))));

        await UploadAsync("bob", "photo");
        Assert.True(await Owner("bob").Has(photo));
        await RestartAsync();
        Assert.True(await Ann.Has(photo));
    }

    [Fact]
    public async Task Has_WhatSomebodyElseUploaded_LeavesNoTrace()
    {
        var photo = await UploadAsync("ann", "photo");
        Age(StorePaths.Blob(photo));
        Assert.False(await Owner("bob").Has(photo));
        Assert.Equal(s_old, File.GetLastWriteTimeUtc(_world.PathOf(StorePaths.Blob(photo))));
    }

    [Fact]
    public async Task Has_BlobIsGone_IsNotSeen()
    {
        var photo = await UploadAsync("ann", "photo");
        await _world.Files.DeleteAsync(StorePaths.Blob(photo));
        Assert.False(await Ann.Has(photo));
        await UploadAsync("ann", "photo");
        Assert.True(await Ann.Has(photo));
    }

    [Fact]
    public async Task Has_MarkedByAnotherActivation_IsFoundInTheStore()
    {
        var photo = await _world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes("photo"));
        Assert.False(await Ann.Has(photo));
        await _world.Files.WriteAsync(StorePaths.Upload("ann", photo), new MemoryStream("no JSON"u8.ToArray()));
        Assert.True(await Ann.Has(photo));
        Assert.Empty(await Ann.Require([photo]));
    }

    [Fact]
    public async Task Has_MarkIsLongGone_IsNotRemembered()
    {
        var photo = await UploadAsync("ann", "photo");
        _clock.Advance(TimeSpan.FromHours(13));
        await _world.Files.DeleteAsync(StorePaths.Upload("ann", photo));
        Assert.False(await Ann.Has(photo));
    }

    [Fact]
    public async Task Require_Inputs_TellsTheMissingAndKeepsTheOthers()
    {
        var (photo, mask) = (await UploadAsync("ann", "photo"), await UploadAsync("bob", "mask"));
        await RestartAsync();
        string[] marked = [StorePaths.Blob(photo), StorePaths.Upload("ann", photo)];
        Array.ForEach(marked, Age);
        var before = DateTime.UtcNow.AddSeconds(-1);

        Assert.Equal([HashOf('f'), mask], await Ann.Require([HashOf('f'), photo, mask, photo, mask]));
        Assert.All(marked, path => Assert.InRange(File.GetLastWriteTimeUtc(_world.PathOf(path)), before, DateTime.MaxValue));
        Assert.Empty(await Ann.Require([]));
    }

    [Fact]
    public async Task Uploaded_Again_TouchesTheMark()
    {
        var photo = await UploadAsync("ann", "photo");
        var path = StorePaths.Upload("ann", photo);
        Age(path);
        await Ann.Uploaded(photo, 5);
        Assert.InRange(File.GetLastWriteTimeUtc(_world.PathOf(path)), s_old.AddHours(1), DateTime.MaxValue);
        Assert.Equal([path], await _world.FilesAsync("owners/"));
    }

    [Fact]
    public async Task AdmitUpload_MoreBytesThanAnOwnerMayKeep_IsRefused()
    {
        await UploadAsync("ann", new string('x', 600));
        await Ann.AdmitUpload(HashOf('1'), 300);
        var error = await LimitAsync(() => Ann.AdmitUpload(HashOf('2'), 101));
        Assert.Equal(
            new ErrorDetail(
                ErrorCodes.Limit,
                "ann keeps 900 bytes of uploads and may keep 1,000, which leaves no room for 101; try again in 86400 s.",
                "owner",
                "Uploads count for a day after their last use."
            ),
            error
        );
        await Ann.AdmitUpload(HashOf('2'), 100);
        await Owner("bob").AdmitUpload(HashOf('2'), 1000);
    }

    [Fact]
    public async Task AdmitUpload_SameBytesAgain_CountOnce()
    {
        var photo = await UploadAsync("ann", new string('x', 600));
        await Ann.AdmitUpload(photo, 600);
        await Ann.AdmitUpload(HashOf('1'), 400);
        await Ann.AdmitUpload(HashOf('1'), 400);
        await LimitAsync(() => Ann.AdmitUpload(HashOf('2'), 1));
    }

    [Fact]
    public async Task AdmitUpload_TooManyAtOnce_IsRefusedUntilOneEnds()
    {
        var (one, other) = (HashOf('1'), HashOf('2'));
        await Ann.AdmitUpload(one, 1);
        await Ann.AdmitUpload(one, 1);
        await Ann.AdmitUpload(other, 1);
        Assert.Equal("ann uploads 3 files at once, the most for an owner; try again in 1 s.", (await LimitAsync(() => Ann.AdmitUpload(other, 1))).Message);
        await Ann.GiveUpUpload(other);
        await Ann.GiveUpUpload(other);
        await Ann.AdmitUpload(other, 1);
        await LimitAsync(() => Ann.AdmitUpload(other, 1));
        await Ann.Uploaded(one, 1);
        await Ann.AdmitUpload(other, 1);
        await LimitAsync(() => Ann.AdmitUpload(other, 1));

        // Those whose processes have died.
        _clock.Advance(TimeSpan.FromHours(1));
        await Ann.AdmitUpload(other, 1);
    }

    [Fact]
    public async Task AdmitUpload_AfterARestart_CountsWhatTheStoreHolds()
    {
        await UploadAsync("ann", new string('x', 900));
        await _world.Files.WriteAsync(StorePaths.Upload("ann", HashOf('3')), new MemoryStream("[]"u8.ToArray()));
        var old = await UploadAsync("ann", new string('y', 100));
        File.SetLastWriteTimeUtc(_world.PathOf(StorePaths.Upload("ann", old)), DateTime.UtcNow.AddHours(-25));
        await RestartAsync();
        await LimitAsync(() => Ann.AdmitUpload(HashOf('1'), 101));
        await Ann.AdmitUpload(HashOf('1'), 100);
    }

    [Fact]
    public async Task AdmitUpload_UploadsOfYesterday_CountNoMore()
    {
        await UploadAsync("ann", new string('x', 900));
        await LimitAsync(() => Ann.AdmitUpload(HashOf('1'), 101));
        _clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        await Ann.AdmitUpload(HashOf('1'), 1000);
    }

    [Fact]
    public async Task AdmitUpload_StoreWasAway_ListsAgain()
    {
        await UploadAsync("ann", new string('x', 900));
        await RestartAsync();
        _world.Store.BeforeOpenRead = _ => throw new IOException("The store is away.");
        await Assert.ThrowsAsync<IOException>(() => Ann.AdmitUpload(HashOf('1'), 1));
        _world.Store.BeforeOpenRead = null;
        await LimitAsync(() => Ann.AdmitUpload(HashOf('1'), 101));
    }

    [Fact]
    public async Task Uploads_NoHashOrBytes_AreRefusedByField()
    {
        foreach (var call in new[] { Ann.AdmitUpload, Ann.Uploaded })
        {
            Assert.Equal("sha256", (await Assert.ThrowsAsync<OneShotException>(() => call("cat.jpg", 1))).Detail.Field);
            Assert.Equal("bytes", (await Assert.ThrowsAsync<OneShotException>(() => call(HashOf('1'), -1))).Detail.Field);
        }
        Assert.Empty(await _world.FilesAsync("owners/"));
    }

    private static string HashOf(char digit) => new(digit, 64);

    private static async Task<ErrorDetail> LimitAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(call);
        Assert.Equal(ErrorCodes.Limit, error.Code);
        // Callers are told one time, in words and in a header.
        Assert.EndsWith(FormattableString.Invariant($"try again in {error.RetryAfter?.TotalSeconds} s."), error.Message, StringComparison.Ordinal);
        return error.Detail;
    }

    private IOwnerGrain Owner(string name) => _world.Cluster.Client.GetGrain<IOwnerGrain>(name);

    private void Age(string path) => File.SetLastWriteTimeUtc(_world.PathOf(path), s_old);

    private async Task<string> UploadAsync(string owner, string text)
    {
        var hash = await _world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes(text));
        await Owner(owner).Uploaded(hash, text.Length);
        return hash;
    }

    private Task StartAsync() =>
        _world.StartAsync(
            slots: 0,
            configure: (_, options) => (options.Clock, options.MaxUploadedBytesPerOwner, options.MaxUploadsPerOwner) = (_clock, 1000, 3)
        );

    private async Task RestartAsync()
    {
        await _world.StopAsync();
        await StartAsync();
    }
}
