using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Short questions to jobs.</summary>
internal static class Look
{
    /// <summary>
    /// Opens a session, asks, and closes it. An owner that goes away in the middle is asked for again: by then another one owns the folder, or this process
    /// does.
    /// </summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="ask">Asks; may be called again.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The answer's own error, or unavailable.</exception>
    public static Task<T> AtAsync<T>(SessionTarget target, Func<JobSession, Task<T>> ask, CancellationToken cancellationToken) =>
        JobsAsync(target, session => ask((JobSession)session), cancellationToken);

    /// <summary>As <see cref="AtAsync"/>, for what programs ask in the same words.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="ask">Asks; may be called again.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The answer's own error, or unavailable.</exception>
    public static Task<T> ApiAsync<T>(SessionTarget target, Func<IOneShotClient, Task<T>> ask, CancellationToken cancellationToken) =>
        JobsAsync(target, session => ask(session.Api), cancellationToken);

    /// <summary>As <see cref="AtAsync"/>, for what servers are asked as well.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="ask">Asks; may be called again.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The answer's own error, or unavailable.</exception>
    public static async Task<T> JobsAsync<T>(SessionTarget target, Func<IJobSession, Task<T>> ask, CancellationToken cancellationToken)
    {
        await using var session = await LastingSession.OpenAsync(target, SessionMode.Look, cancellationToken);
        try
        {
            return await session.AskAsync((current, gone) => ask(current).WaitAsync(gone), cancellationToken);
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e))
        {
            throw await session.Current.ExplainAsync(e);
        }
    }
}
