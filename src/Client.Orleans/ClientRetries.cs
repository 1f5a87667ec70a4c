using Orleans.Serialization;
using OrleansOneShot.Documents.Errors;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Client.Cluster;

/// <summary>
/// How calls are repeated whose silo or connection went away. Every call that goes through may be: reads, submissions under a fixed id, and verbs that ended
/// jobs ignore.
/// </summary>
internal static class ClientRetries
{
    /// <summary>
    /// Most tries of a call that nobody answers: each takes as long as a call may. Redis' time-outs, which are of a type of their own, come back sooner.
    /// </summary>
    private const int MostTimeouts = 3;

    /// <summary>Of a silo that is gone, or of an owner of a data folder, whose place the caller takes as soon as it knows.</summary>
    public static ResiliencePipeline Short { get; } = Create(attempts: 3, TimeProvider.System);

    /// <summary>Of a cluster, whose only silo may be starting again: about half a minute.</summary>
    public static ResiliencePipeline OfCluster { get; } = Create(attempts: 14, TimeProvider.System);

    /// <summary>
    /// Whether a call, or its answer, did not get through, or met a cluster that is between two states: a silo that is leaving can't register grains, and while
    /// Redis is away no grain can read or write what it knows. Orleans tells that with its base exception as well, and Redis' clients with types that a client
    /// need not have.
    /// </summary>
    /// <param name="error">The failure.</param>
    /// <returns>Whether; a verdict (<see cref="OneShotException"/>) and a cancellation never are.</returns>
    public static bool IsLost(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error switch
        {
            OneShotException or OperationCanceledException or OrleansConfigurationException => false,
            // A stream that ends because its grain goes tells so with a type that is none of Orleans' other exceptions, unless one of those comes first.
            TimeoutException or EnumerationAbortedException => true,
            _ => error is OrleansException || IsOfState(error),
        };
    }

    /// <summary>Whether grains could not read or write their states.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>Whether.</returns>
    public static bool IsOfState(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var type = (error as UnavailableExceptionFallbackException)?.ExceptionType ?? error.GetType().FullName ?? "";
        // Orleans has no type of its own for what a storage provider throws, but says this in its words.
        return type.StartsWith("StackExchange.Redis.", StringComparison.Ordinal)
            || type.StartsWith("Orleans.Persistence.", StringComparison.Ordinal)
            || type.StartsWith("Orleans.Storage.", StringComparison.Ordinal)
            || (error is OrleansException && error.Message.StartsWith("Error from storage provider", StringComparison.Ordinal));
    }

    /// <summary>Makes a way of repeating.</summary>
    /// <param name="attempts">Most repetitions.</param>
    /// <param name="clock">Waits in between.</param>
    /// <returns>The pipeline.</returns>
    internal static ResiliencePipeline Create(int attempts, TimeProvider clock) =>
        new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = failed =>
                        ValueTask.FromResult(
                            failed.Outcome.Exception is { } error
                                && IsLost(error)
                                && (error.GetType() != typeof(TimeoutException) || failed.AttemptNumber < MostTimeouts)
                        ),
                    MaxRetryAttempts = attempts,
                    Delay = TimeSpan.FromMilliseconds(200),
                    MaxDelay = TimeSpan.FromSeconds(3),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .Build();
}
