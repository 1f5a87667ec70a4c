using Orleans.Runtime.Messaging;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Client;

/// <summary>How calls are repeated whose silo or connection went away. Every call that goes through may be: reads, submissions under a fixed id, and verbs that ended jobs ignore.</summary>
internal static class ClientRetries
{
    /// <summary>Most tries of a call that nobody answers: each takes as long as a call may.</summary>
    private const int MostTimeouts = 3;

    /// <summary>Of a silo that is gone, or of an owner of a data folder, whose place the caller takes as soon as it knows.</summary>
    public static ResiliencePipeline Short { get; } = Create(attempts: 3, TimeProvider.System);

    /// <summary>Of a cluster, whose only silo may be starting again: about half a minute.</summary>
    public static ResiliencePipeline OfCluster { get; } = Create(attempts: 14, TimeProvider.System);

    /// <summary>Whether the call, or its answer, did not get through.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>Whether.</returns>
    public static bool IsLost(Exception error) => error is TimeoutException or OrleansMessageRejectionException or SiloUnavailableException or ConnectionFailedException;

    /// <summary>Makes a way of repeating.</summary>
    /// <param name="attempts">Most repetitions.</param>
    /// <param name="clock">Waits in between.</param>
    /// <returns>The pipeline.</returns>
    internal static ResiliencePipeline Create(int attempts, TimeProvider clock) => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = failed => ValueTask.FromResult(failed.Outcome.Exception is { } error && IsLost(error) && (error is not TimeoutException || failed.AttemptNumber < MostTimeouts)),
            MaxRetryAttempts = attempts,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(3),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
