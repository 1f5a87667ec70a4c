using Azure;
using Azure.Storage.Blobs.Models;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Storage.Azure;

/// <summary>Repetitions that the library does not make by itself, with its numbers: exponential, with jitter.</summary>
internal static class BlobRetry
{
    /// <summary>For requests that have to look before they are repeated: repeats whatever may work later.</summary>
    /// <param name="options">How often and how long.</param>
    /// <returns>The pipeline.</returns>
    public static ResiliencePipeline OfTransient(AzureBlobOptions options) =>
        Build(options, new PredicateBuilder().Handle<ArtifactStoreException>(error => error.IsTransient));

    /// <summary>For bytes that were damaged on their way: the service has noticed and taken nothing.</summary>
    /// <param name="options">How often and how long.</param>
    /// <returns>The pipeline.</returns>
    public static ResiliencePipeline OfDamaged(AzureBlobOptions options) => Build(options, new PredicateBuilder().Handle<RequestFailedException>(IsDamage));

    // Azurite has another code for it.
    private static bool IsDamage(RequestFailedException error) =>
        error.ErrorCode == BlobErrorCode.Md5Mismatch
        || (error is { Status: 400, ErrorCode: "InvalidOperation" } && error.Message.Contains("MD5", StringComparison.OrdinalIgnoreCase));

    private static ResiliencePipeline Build(AzureBlobOptions options, PredicateBuilder<object> handled) =>
        options.Retries == 0
            ? ResiliencePipeline.Empty
            : new ResiliencePipelineBuilder()
                .AddRetry(
                    new RetryStrategyOptions
                    {
                        ShouldHandle = handled,
                        MaxRetryAttempts = options.Retries,
                        BackoffType = DelayBackoffType.Exponential,
                        UseJitter = true,
                        Delay = options.FirstDelay,
                        MaxDelay = options.LongestDelay,
                    }
                )
                .Build();
}
