using System.Reflection;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Tests.Support;

/// <summary>Streams of events that end, or break.</summary>
internal static class Streams
{
    /// <summary>An event.</summary>
    public static ProgressEvent Event(long sequence) =>
        new()
        {
            Sequence = sequence,
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
        };

    /// <summary>A stream of events.</summary>
    /// <param name="from">The first one's number.</param>
    /// <param name="count">How many.</param>
    /// <param name="end">What it breaks with; null ends it well.</param>
    public static async IAsyncEnumerable<ProgressEvent> Of(long from, int count, Exception? end = null)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return Event(from + i);
        }

        if (end is not null)
        {
            throw end;
        }
    }
}

/// <summary>A job whose streams are given, one after the other; nothing else of it is asked.</summary>
/// <param name="streams">The streams, by the number that each is opened from.</param>
internal sealed class StreamedJob(params Func<long, IAsyncEnumerable<ProgressEvent>>[] streams) : IImplantationGrain
{
    /// <summary>From which numbers it was watched.</summary>
    public List<long> Asked { get; } = [];

    public IAsyncEnumerable<ProgressEvent> Watch(long fromSequence, CancellationToken cancellationToken = default)
    {
        Asked.Add(fromSequence);
        return streams[Math.Min(Asked.Count, streams.Length) - 1](fromSequence);
    }

    public Task<ImplantationStatus> Submit(ImplantationRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ImplantationStatus?> GetStatus() => throw new NotSupportedException();

    public Task<ImplantationStatus> Cancel() => throw new NotSupportedException();

    public Task<ImplantationStatus> Retry(int retries) => throw new NotSupportedException();

    public Task<bool> Delete() => throw new NotSupportedException();

    public Task<bool> EnsureRunning(string reason) => throw new NotSupportedException();

    public Task<RecoveryOutcome> Recover(bool dryRun) => throw new NotSupportedException();
}

/// <summary>Gives one grain whatever is asked for.</summary>
public class OneGrain : DispatchProxy
{
    private object? _grain;

    /// <summary>Makes the factory.</summary>
    public static IGrainFactory Of(object grain)
    {
        var factory = Create<IGrainFactory, OneGrain>();
        ((OneGrain)factory)._grain = grain;
        return factory;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _grain;
}
