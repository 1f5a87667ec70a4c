using System.Runtime.CompilerServices;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Cluster;

/// <summary>
/// The events of a job over as many of Orleans' streams as it takes: one ends when the job's activation goes, as it does after a failed write, and the next
/// one begins behind the last event that was seen.
/// </summary>
/// <param name="watch">Watches the job from a number on.</param>
/// <param name="client">Repeats what got lost.</param>
/// <param name="fromSequence">First sequence number wanted.</param>
/// <param name="cancellationToken">Ends the stream.</param>
internal sealed class ProgressStream(
    Func<long, CancellationToken, IAsyncEnumerable<ProgressEvent>> watch,
    ClusterClient client,
    long fromSequence,
    CancellationToken cancellationToken
) : IAsyncDisposable
{
    private IAsyncEnumerator<ProgressEvent>? _events;
    private ProgressEvent? _current;

    /// <summary>The events of a job.</summary>
    /// <param name="watch">Watches the job.</param>
    /// <param name="client">Repeats what got lost.</param>
    /// <param name="fromSequence">First sequence number wanted.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events, each once and in order.</returns>
    /// <exception cref="OneShotException">not_found, or unavailable.</exception>
    public static async IAsyncEnumerable<ProgressEvent> ReadAsync(
        Func<long, CancellationToken, IAsyncEnumerable<ProgressEvent>> watch,
        ClusterClient client,
        long fromSequence,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var stream = new ProgressStream(watch, client, fromSequence, cancellationToken);
        while (await stream.MoveNextAsync())
        {
            yield return stream.Current;
        }
    }

    /// <summary>The present event.</summary>
    public ProgressEvent Current => _current!;

    /// <summary>Waits for the next event.</summary>
    /// <returns>False if there will be none.</returns>
    /// <exception cref="OneShotException">not_found, or unavailable.</exception>
    public async Task<bool> MoveNextAsync()
    {
        try
        {
            return await client.CallAsync(_ => TryMoveNextAsync(), cancellationToken);
        }
        catch (Exception e) when (ClientRetries.IsLost(e))
        {
            throw await client.ExplainAsync(e);
        }
        catch (OneShotException e) when (e.Detail.Code == ErrorCodes.NotFound)
        {
            // It may have been there until Redis lost it.
            await client.RequireSameClusterAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _events?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<bool> TryMoveNextAsync()
    {
        try
        {
            _events ??= watch(_current?.Sequence + 1 ?? fromSequence, cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (!await _events.MoveNextAsync())
            {
                return false;
            }

            _current = _events.Current;
            return true;
        }
        catch
        {
            await LeaveAsync();
            throw;
        }
    }

    private async Task LeaveAsync()
    {
        var broken = _events;
        _events = null;
        try
        {
            await (broken?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        catch (Exception)
        {
            // The stream's own failure says more.
        }
    }
}
