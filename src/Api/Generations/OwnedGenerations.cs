using OrleansOneShot.Api.Access;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Generations;

/// <summary>The generations of a caller; others' are not there, and neither are jobs of the other kind.</summary>
/// <param name="client">The way to all jobs.</param>
internal sealed class OwnedGenerations(ClusterClient client)
{
    /// <summary>Finds a job.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The job's id, as the path has it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job, and all that is known of it.</returns>
    /// <exception cref="OneShotException">not_found: there is none, or it is another owner's.</exception>
    public async Task<(ClusterGeneration Job, GenerationStatus Status)> FindAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (TextRules.IsName(id))
        {
            var job = client.GetGeneration(id);
            if (await job.FindStatusAsync(cancellationToken) is { } status && status.Request.Owner == caller.Owner)
            {
                return (job, status);
            }
        }

        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no such generation.", Hint: "GET /v1/generations lists yours."));
    }
}
