using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Uploads;

namespace OrleansOneShot.Client.Tests.Datasets;

/// <summary>What was sent of late is neither sent nor asked for again.</summary>
public sealed class SentBlobsTests
{
    private static CancellationToken Limit => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blob_ThatWasSent_IsAskedForAgainOnlyAfterAnHour()
    {
        var (target, clock) = (new Target(), new FakeTimeProvider());
        var blobs = new SentBlobs(target, clock);

        Assert.False(await blobs.HasAsync("a", 1, Limit));
        Assert.True(await blobs.PutAsync("a", Stream.Null, Limit));
        Assert.True(await blobs.HasAsync("a", 1, Limit));
        Assert.True(await blobs.KeepAsync("a", Limit));
        Assert.Equal(["has a", "put a"], target.Calls);
        clock.Advance(TimeSpan.FromMinutes(61));
        await blobs.HasAsync("a", 1, Limit);
        await blobs.KeepAsync("a", Limit);
        await blobs.KeepAsync("a", Limit);

        Assert.Equal(["has a", "put a", "has a", "keep a"], target.Calls);
    }

    [Fact]
    public async Task Blob_ThatWasNotTaken_IsAskedForAgain()
    {
        var target = new Target { Takes = false };
        var blobs = new SentBlobs(target, new FakeTimeProvider());

        Assert.False(await blobs.PutAsync("a", Stream.Null, Limit));
        await blobs.HasAsync("a", 1, Limit);

        Assert.Equal(["put a", "has a"], target.Calls);
    }

    private sealed class Target : IBlobTarget
    {
        public bool Takes { get; init; } = true;

        public List<string> Calls { get; } = [];

        public Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default) => Note($"has {sha256}", false);

        public Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) => Note($"keep {sha256}", true);

        public Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default) => Note($"put {sha256}", Takes);

        private Task<bool> Note(string call, bool answer)
        {
            Calls.Add(call);
            return Task.FromResult(answer);
        }
    }
}
