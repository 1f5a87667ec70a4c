using OrleansOneShot.Api.Access;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Implantations;

/// <summary>The jobs of a caller; others' are not there, and neither is a job of one kind where one of the other is asked for.</summary>
/// <param name="client">The way to all jobs.</param>
internal sealed class OwnedJobs(ClusterClient client)
{
    /// <summary>Finds an implantation.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The job's id, as the path has it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job, and all that is known of it.</returns>
    /// <exception cref="OneShotException">not_found: there is none, or it is another owner's.</exception>
    public Task<(ClusterImplantation Job, ImplantationStatus Status)> FindAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        FindAsync(
            caller,
            id,
            client.GetImplantation,
            job => job.FindStatusAsync(cancellationToken),
            new ErrorDetail(ErrorCodes.NotFound, "There is no such job.", Hint: "GET /v1/implantations lists yours.")
        );

    /// <summary>Finds a generation.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The job's id, as the path has it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job, and all that is known of it.</returns>
    /// <exception cref="OneShotException">not_found: there is none, or it is another owner's.</exception>
    public Task<(ClusterGeneration Job, GenerationStatus Status)> FindGenerationAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        FindAsync(
            caller,
            id,
            client.GetGeneration,
            job => job.FindStatusAsync(cancellationToken),
            new ErrorDetail(ErrorCodes.NotFound, "There is no such generation.", Hint: "GET /v1/generations lists yours.")
        );

    private static async Task<(TJob Job, TStatus Status)> FindAsync<TJob, TStatus>(
        Caller caller,
        string id,
        Func<string, TJob> get,
        Func<TJob, Task<TStatus?>> find,
        ErrorDetail missing
    )
        where TStatus : class, IJobStatus
    {
        if (TextRules.IsName(id))
        {
            var job = get(id);
            if (await find(job) is { } status && status.Request.Owner == caller.Owner)
            {
                return (job, status);
            }
        }

        throw new OneShotException(missing);
    }
}
