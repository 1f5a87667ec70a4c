using Polly;
using Polly.Retry;

namespace OrleansOneShot.ModelHub;

/// <summary>Repeats what a host did not answer: exponential delays with jitter, or the delay that the host asks for.</summary>
internal static class HostRetry
{
    /// <summary>Longest wait, whatever a host asks for.</summary>
    public static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(2);

    /// <summary>Creates the pipeline.</summary>
    /// <param name="options">How often and how long.</param>
    /// <returns>It repeats on <see cref="HostFaultException"/> alone.</returns>
    public static ResiliencePipeline Create(ModelPullOptions options) =>
        options.Retries == 0
            ? ResiliencePipeline.Empty
            : new ResiliencePipelineBuilder()
                .AddRetry(
                    new RetryStrategyOptions
                    {
                        ShouldHandle = new PredicateBuilder().Handle<HostFaultException>(),
                        MaxRetryAttempts = options.Retries,
                        BackoffType = DelayBackoffType.Exponential,
                        UseJitter = true,
                        Delay = options.FirstDelay,
                        MaxDelay = LongestDelay,
                        DelayGenerator = static arguments => ValueTask.FromResult(DelayOf(arguments.Outcome.Exception)),
                    }
                )
                .Build();

    /// <summary>The wait that a failure asks for, within bounds; null takes the exponential one.</summary>
    internal static TimeSpan? DelayOf(Exception? failure) =>
        failure is HostFaultException { RetryAfter: { } asked } ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestDelay.Ticks)) : null;
}
