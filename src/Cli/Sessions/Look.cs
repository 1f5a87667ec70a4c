using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Short questions to jobs.</summary>
internal static class Look
{
    private const int Attempts = 5;

    /// <summary>Opens a session, asks, and closes it. An owner that goes away in the middle is asked for again: by then another one owns the folder, or this process does.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="ask">Asks; may be called again.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="OneShotException">The answer's own error, or unavailable.</exception>
    public static async Task<T> AtAsync<T>(SessionTarget target, Func<JobSession, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var session = await JobSession.OpenAsync(target, SessionMode.Look, cancellationToken);
            try
            {
                return await ask(session);
            }
            catch (Exception e) when (session.Owner is not null && attempt < Attempts && e is not (OneShotException or IOException or OperationCanceledException))
            {
            }
            catch (Exception e) when (OneShotClient.IsUnanswered(e))
            {
                throw await session.Client.ExplainAsync(e);
            }
        }
    }
}
