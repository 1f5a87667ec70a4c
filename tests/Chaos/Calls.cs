using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Chaos;

/// <summary>What a caller of a cluster under faults has to live with.</summary>
internal static class Calls
{
    /// <summary>Whether a call may work later: everything but a verdict on the request itself.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="cancellationToken">Whether the caller was asked to stop.</param>
    public static bool MayPass(Exception error, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && error is not OneShotException { Detail.Code: ErrorCodes.InvalidInput or ErrorCodes.NotFound or ErrorCodes.Conflict };

    /// <summary>Tries until it works.</summary>
    /// <param name="call">The call, which may arrive twice.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <typeparam name="T">Of its answer.</typeparam>
    public static async Task<T> UntilDoneAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call().WaitAsync(cancellationToken);
            }
            catch (Exception e) when (MayPass(e, cancellationToken))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
            }
        }
    }
}
