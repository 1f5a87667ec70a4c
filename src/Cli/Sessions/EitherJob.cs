using OrleansOneShot.Client.Generations;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>A job of a server, which sees to it that somebody works on it. Its kind shows when it is first asked.</summary>
/// <param name="implantation">The job, if it is a training.</param>
/// <param name="generation">The job, if it draws pictures.</param>
internal sealed class EitherJob(ImplantationHandle implantation, GenerationHandle generation) : IWatchedJob<IJobStatus>
{
    // An id of a client says what it is of; one of another program may be of either kind.
    private readonly bool _looksDrawn = implantation.Id.StartsWith($"{IdempotencyKey.GenerationPrefix}-", StringComparison.Ordinal);
    private bool? _isDrawn;

    /// <inheritdoc/>
    public async Task<IJobStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        if (_isDrawn is { } known)
        {
            return await ReadAsync(known, cancellationToken);
        }

        IJobStatus status;
        try
        {
            (status, _isDrawn) = (await ReadAsync(_looksDrawn, cancellationToken), _looksDrawn);
        }
        catch (OneShotException e) when (e.Code == ErrorCodes.NotFound)
        {
            (status, _isDrawn) = (await ReadAsync(!_looksDrawn, cancellationToken), !_looksDrawn);
        }

        return status;
    }

    /// <inheritdoc/>
    public Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default) => Task.FromResult(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default) =>
        _isDrawn ?? _looksDrawn ? generation.WatchAsync(fromSequence, cancellationToken) : implantation.WatchAsync(fromSequence, cancellationToken);

    private async Task<IJobStatus> ReadAsync(bool isDrawn, CancellationToken cancellationToken) =>
        isDrawn ? await generation.GetStatusAsync(cancellationToken) : await implantation.GetStatusAsync(cancellationToken);
}
