using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Calls from a trainer to its job. The trainer holds hours of work, so what may pass (a moving grain, a store that is away) is tried again until the silo
/// ends; a verdict of the job (<see cref="OneShotException"/>) is final. Every call may arrive twice, and the job allows for that.
/// </summary>
internal static partial class JobCallRetry
{
    /// <summary>Builds the pipeline.</summary>
    /// <param name="clock">The clock of the delays.</param>
    /// <param name="logger">Hears of every retry.</param>
    /// <returns>The pipeline.</returns>
    public static ResiliencePipeline Create(TimeProvider clock, ILogger logger) =>
        Create(
            clock,
            arguments => arguments.Outcome.Exception is not (null or OneShotException or OperationCanceledException),
            arguments => LogRetry(logger, arguments.Outcome.Exception, arguments.AttemptNumber + 1)
        );

    /// <summary>Builds a pipeline that tries again, from 0.1 s to 10 s apart, for as long as it is told to.</summary>
    /// <param name="clock">The clock of the delays.</param>
    /// <param name="handles">Whether a call is tried again.</param>
    /// <param name="onRetry">Hears of every retry.</param>
    /// <returns>The pipeline.</returns>
    public static ResiliencePipeline Create(TimeProvider clock, Predicate<RetryPredicateArguments<object>> handles, Action<OnRetryArguments<object>> onRetry) =>
        new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = arguments => ValueTask.FromResult(handles(arguments)),
                    MaxRetryAttempts = int.MaxValue,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = TimeSpan.FromMilliseconds(100),
                    MaxDelay = TimeSpan.FromSeconds(10),
                    OnRetry = arguments =>
                    {
                        onRetry(arguments);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call to a job failed (attempt {Attempt}); it is tried again")]
    private static partial void LogRetry(ILogger logger, Exception? error, int attempt);
}
