using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Tests;

/// <summary>A watcher sees each event once, whatever its streams end with.</summary>
public sealed class WatchTests
{
    private const int Retries = 3;

    public static TheoryData<Exception> Lost =>
        [
            new EnumerationAbortedException("Enumeration aborted: the remote target does not have a record of this enumerator."),
            new OrleansException("Another activation of job j1 has gone on; ask again."),
            new SiloUnavailableException("x"),
            new TimeoutException("x"),
        ];

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task WatchAsync_TheStreamBreaks_GoesOnBehindTheLastEvent(Exception error)
    {
        var job = new StreamedJob(from => Streams.Of(from, 2, error), from => Streams.Of(from, 0, error), from => Streams.Of(from, 2));

        Assert.Equal([1, 2, 3, 4], (await WatchAsync(job)).Select(progress => progress.Sequence));
        Assert.Equal([1, 3, 3], job.Asked);
    }

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task WatchAsync_EveryStreamBreaks_EndsWithTheClientsError(Exception error)
    {
        var job = new StreamedJob(from => Streams.Of(from, 0, error));

        var told = await Assert.ThrowsAsync<OneShotException>(() => WatchAsync(job));

        Assert.Equal(ErrorCodes.Unavailable, told.Detail.Code);
        Assert.Equal("The silo of this process did not answer in time.", told.Message);
        Assert.Same(error, told.InnerException);
        Assert.Equal(Retries + 1, job.Asked.Count);
    }

    [Fact]
    public async Task WatchAsync_EachStreamBringsAnEvent_IsNotGivenUp()
    {
        var most = 3 * Retries;
        var job = new StreamedJob([
            .. Enumerable
                .Range(0, most)
                .Select<int, Func<long, IAsyncEnumerable<ProgressEvent>>>(_ => from => Streams.Of(from, 1, new EnumerationAbortedException("x"))),
            from => Streams.Of(from, 1),
        ]);

        Assert.Equal(most + 1, (await WatchAsync(job)).Count);
    }

    [Fact]
    public async Task WatchAsync_AVerdict_IsNotAskedFor()
    {
        var verdict = new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no job j1.", "id"));
        var job = new StreamedJob(from => Streams.Of(from, 0, verdict));

        Assert.Same(verdict, await Assert.ThrowsAsync<OneShotException>(() => WatchAsync(job)));
        Assert.Equal([1], job.Asked);
    }

    private static async Task<List<ProgressEvent>> WatchAsync(StreamedJob job)
    {
        var clock = new FakeTimeProvider();
        await using var client = ClusterClient.Attach(OneGrain.Of(job), ClientRetries.Create(Retries, clock));
        var watching = client.GetImplantation("j1").WatchAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync().AsTask();
        while (!watching.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        return await watching;
    }
}
