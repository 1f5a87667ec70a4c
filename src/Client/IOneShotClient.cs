using OrleansOneShot.Client.Generations;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client;

/// <summary>
/// Implants objects on a server. The same over HTTP (<see cref="OneShotClient.Connect"/>) and, with the package OrleansOneShot.Client.Orleans, through a
/// cluster's gateway. May be used from any number of threads, and is best kept as long as the program runs.
/// </summary>
public partial interface IOneShotClient : IAsyncDisposable
{
    /// <summary>Checks a job, uploads what the server lacks of its files, and submits it.</summary>
    /// <param name="implantation">What to do.</param>
    /// <param name="progress">Told of the upload, from any thread; or null.</param>
    /// <param name="cancellationToken">Stops. A job that was submitted already goes on; the same call with the same idempotency key finds it.</param>
    /// <returns>The job.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: a field can't be used, nothing was uploaded. conflict: a file was changed meanwhile. unauthenticated, forbidden, limit, unavailable.
    /// </exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    Task<ImplantationHandle> ImplantAsync(
        Implantation implantation,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>A job by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Its handle; whether there is such a job shows with the first call.</returns>
    ImplantationHandle GetImplantation(string id);

    /// <summary>Jobs, newest first, page after page as they are asked for.</summary>
    /// <param name="query">Which, and where to begin; null: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Jobs of the caller.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    IAsyncEnumerable<JobSummary> ListImplantationsAsync(JobQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>What a job would take, and when it would start, if it were submitted now. Nothing is created, and nothing is uploaded.</summary>
    /// <param name="implantation">The job; its files are read and hashed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The estimate, with the hashes of the files that would be uploaded.</returns>
    /// <exception cref="OneShotException">invalid_input: it would be refused; unauthenticated, forbidden, limit, unavailable.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    Task<ImplantationEstimate> EstimateAsync(Implantation implantation, CancellationToken cancellationToken = default);

    /// <summary>Checks a drawing of pictures, and submits it.</summary>
    /// <param name="generation">What to draw.</param>
    /// <param name="cancellationToken">Stops. A job that was submitted already goes on; the same call with the same idempotency key finds it.</param>
    /// <returns>The job.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: a field can't be used. not_found: the caller has no implantation that it names. conflict: that one has not succeeded, or the idempotency
    /// key was used for another request. unauthenticated, forbidden, limit, unavailable.
    /// </exception>
    Task<GenerationHandle> GenerateAsync(Generation generation, CancellationToken cancellationToken = default);

    /// <summary>A generation by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Its handle; whether there is such a job shows with the first call.</returns>
    GenerationHandle GetGeneration(string id);

    /// <summary>Generations, newest first, page after page as they are asked for.</summary>
    /// <param name="query">Which, and where to begin; null: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Jobs of the caller.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    IAsyncEnumerable<JobSummary> ListGenerationsAsync(JobQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>The models that jobs can name.</summary>
    IOneShotModels Models { get; }

    /// <summary>The caller's webhooks.</summary>
    IOneShotWebhooks Webhooks { get; }

    /// <summary>The keys by which callers of HTTP are known.</summary>
    IOneShotKeys Keys { get; }

    /// <summary>What works on jobs, and what waits for it.</summary>
    IOneShotCluster Cluster { get; }
}
