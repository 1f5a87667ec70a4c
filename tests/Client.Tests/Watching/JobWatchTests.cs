using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Tests.Watching;

/// <summary>A job is followed to its end, across what breaks on the way.</summary>
public sealed class JobWatchTests
{
    private readonly List<long> _seen = [];

    [Fact]
    public async Task FollowAsync_AJobThatEnds_GivesItsStatusAndEachEvent()
    {
        var job = new Job { Streams = [from => Streams.Of(from, 3)] };

        Assert.Equal(JobState.Succeeded, (await FollowAsync(job, 0)).State);
        Assert.Equal([1, 2, 3], _seen);
        Assert.Equal(1, job.Resumed);
    }

    [Fact]
    public async Task FollowAsync_AJobThatHasEnded_IsNotResumed()
    {
        var job = new Job { Streams = [from => Streams.Of(from, 1)], Ended = true };

        await FollowAsync(job, 0);

        Assert.Equal([1], _seen);
        Assert.Equal(0, job.Resumed);
    }

    [Fact]
    public async Task FollowAsync_TheStreamOfAnUnfinishedJobEnds_ResumesItAndGoesOn()
    {
        var job = new Job { Streams = [from => Streams.Of(from, 2), from => Streams.Of(from, 1)] };

        await FollowAsync(job, 0);

        Assert.Equal([1, 2, 3], _seen);
        Assert.Equal([1, 3], job.Asked);
        Assert.Equal(2, job.Resumed);
    }

    [Fact]
    public async Task FollowAsync_FailuresInARow_EndItOnlyWhenTheyAreTooMany()
    {
        var error = new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "x"), new OrleansException("x"));
        Func<long, IAsyncEnumerable<ProgressEvent>> breaks = from => Streams.Of(from, 0, error);
        Func<long, IAsyncEnumerable<ProgressEvent>> brings = from => Streams.Of(from, 1, error);

        await FollowAsync(new Job { Streams = [breaks, breaks, brings, breaks, breaks, from => Streams.Of(from, 1)] }, mostFailures: 3);
        Assert.Equal([1, 2], _seen);

        var job = new Job { Streams = [breaks] };
        Assert.Same(error, await Assert.ThrowsAsync<OneShotException>(() => FollowAsync(job, mostFailures: 3)));
        Assert.Equal(4, job.Asked.Count);
    }

    [Fact]
    public async Task FollowAsync_AVerdict_EndsItAtOnce()
    {
        var verdict = new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "Redis has lost the data of this cluster."));
        var job = new Job { Streams = [from => Streams.Of(from, 0, verdict)] };

        Assert.Same(verdict, await Assert.ThrowsAsync<OneShotException>(() => FollowAsync(job, mostFailures: 3)));
        Assert.Equal([1], job.Asked);
    }

    [Fact]
    public async Task FollowAsync_AnotherWayToTheJob_GoesOnBehindTheLastEvent()
    {
        var watch = new JobWatch(progress => _seen.Add(progress.Sequence));
        var first = new Job { Streams = [from => Streams.Of(from, 2, new InvalidOperationException("The owner has gone."))] };
        var second = new Job { Streams = [from => Streams.Of(from, 1)] };

        await Assert.ThrowsAsync<InvalidOperationException>(() => watch.FollowAsync(first, TestContext.Current.CancellationToken));
        await watch.FollowAsync(second, TestContext.Current.CancellationToken);

        Assert.Equal([1, 2, 3], _seen);
        Assert.Equal([3], second.Asked);
    }

    private async Task<ImplantationStatus> FollowAsync(Job job, int mostFailures)
    {
        var clock = new FakeTimeProvider();
        var watch = new JobWatch(progress => _seen.Add(progress.Sequence), clock) { MostFailures = mostFailures };
        var following = watch.FollowAsync(job, TestContext.Current.CancellationToken);
        while (!following.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await following;
    }

    /// <summary>A job that has ended once its last stream has.</summary>
    private sealed class Job : IWatchedJob
    {
        public required Func<long, IAsyncEnumerable<ProgressEvent>>[] Streams { get; init; }

        public bool Ended { get; set; }

        public List<long> Asked { get; } = [];

        public int Resumed { get; private set; }

        public Task<ImplantationStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult(
                new ImplantationStatus
                {
                    Id = "j1",
                    State = Ended ? JobState.Succeeded : JobState.Training,
                    Created = DateTimeOffset.UnixEpoch,
                    Request = new ImplantationRequest
                    {
                        Name = "cat",
                        Image = "",
                        Objects = [],
                        Model = new ModelReference { Name = "toyworld-64" },
                    },
                }
            );

        public Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default)
        {
            Resumed++;
            return Task.FromResult(true);
        }

        public async IAsyncEnumerable<ProgressEvent> WatchAsync(
            long fromSequence = 1,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            Asked.Add(fromSequence);
            var stream = Streams[Math.Min(Asked.Count, Streams.Length) - 1](fromSequence);
            await foreach (var progress in stream.WithCancellation(cancellationToken))
            {
                yield return progress;
            }

            Ended = Asked.Count >= Streams.Length;
        }
    }
}
