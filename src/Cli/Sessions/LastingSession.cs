using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// A session that outlives the process it is connected to: when that goes, this process becomes the owner of the data folder or connects to the next one, and
/// asks again. Nothing is lost between owners, since state, artifacts and progress lie in the folder. Several may ask at once.
/// </summary>
internal sealed class LastingSession : IAsyncDisposable
{
    // An owner that still takes calls and fails one this often in a row means it.
    private const int MostFailures = 5;

    private readonly SessionMode _mode;
    private readonly SemaphoreSlim _moving = new(1);
    private int _failures;

    private LastingSession(IJobSession session, SessionMode mode)
    {
        Current = session;
        _mode = mode;
    }

    /// <summary>The present session.</summary>
    public IJobSession Current { get; private set; }

    /// <summary>The present session, where it is no server's.</summary>
    public JobSession Own => (JobSession)Current;

    /// <summary>Told when an owner is gone and another one found.</summary>
    public Action<string>? Moved { get; set; }

    /// <summary>Opens a session.</summary>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="mode">What for.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The session.</returns>
    /// <exception cref="OneShotException">unavailable: the owner, or the cluster, does not answer.</exception>
    public static async Task<LastingSession> OpenAsync(SessionTarget target, SessionMode mode, CancellationToken cancellationToken) =>
        new(target.Server is { } server ? new ServerSession(target, server) : await JobSession.OpenAsync(target, mode, cancellationToken), mode);

    /// <summary>Asks; if the owner goes meanwhile, asks the next one.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="ask">Asks within the token it gets; may be called again, so asking twice must do no harm.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="OneShotException">The answer's own error, or unavailable.</exception>
    public async Task<T> AskAsync<T>(Func<IJobSession, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            var session = Current;
            using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Gone);
            try
            {
                var answer = await ask(session, asking.Token);
                Answered();
                return answer;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && IsOfTheOwner(session, e))
            {
                await MoveAsync(session, cancellationToken);
            }
        }
    }

    /// <summary>As <see cref="AskAsync"/>, for what only a data folder or a cluster is asked.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="ask">Asks within the token it gets; may be called again, so asking twice must do no harm.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="OneShotException">The answer's own error, or unavailable.</exception>
    public Task<T> AskOwnAsync<T>(Func<JobSession, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        AskAsync((session, token) => ask((JobSession)session, token), cancellationToken);

    /// <summary>The owner has answered something: what failed before does not count any more.</summary>
    public void Answered() => Interlocked.Exchange(ref _failures, 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Current.DisposeAsync();
        _moving.Dispose();
    }

    /// <summary>Whether an error tells of the owner and not of what was asked.</summary>
    private bool IsOfTheOwner(IJobSession session, Exception error)
    {
        if (session.Owner is null || (error is OneShotException told && told.Detail.Code != ErrorCodes.Unavailable))
        {
            return false;
        }

        // Of one that goes, errors may be of any kind: a silo that stops has no grains, streams that break, connections that end.
        return !session.IsOpen || Interlocked.Increment(ref _failures) < MostFailures;
    }

    private async Task MoveAsync(IJobSession last, CancellationToken cancellationToken)
    {
        await _moving.WaitAsync(cancellationToken);
        try
        {
            // Of several that ask at once, the first one that fails moves for all.
            if (ReferenceEquals(Current, last))
            {
                await ReopenAsync(last, cancellationToken);
            }
        }
        finally
        {
            _moving.Release();
        }
    }

    private async Task ReopenAsync(IJobSession last, CancellationToken cancellationToken)
    {
        await last.DisposeAsync();
        Current = await JobSession.OpenAsync(last.Target, _mode, cancellationToken);
        if (Current.Owner?.ClusterId != last.Owner!.ClusterId)
        {
            Moved?.Invoke(
                Current.Owner is { } next
                    ? $"Process {last.Owner.ProcessId}, which worked on the job, is gone; it goes on in process {next.ProcessId}."
                    : $"Process {last.Owner.ProcessId}, which worked on the job, is gone; it goes on in this one."
            );
        }
    }
}
