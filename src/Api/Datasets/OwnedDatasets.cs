using OrleansOneShot.Api.Access;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Datasets;

/// <summary>The dataset runs of a caller; others' are not there.</summary>
/// <param name="client">The way to all runs.</param>
internal sealed class OwnedDatasets(ClusterClient client)
{
    /// <summary>Finds a run.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The run's id, as the path has it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run, and all that is known of it.</returns>
    /// <exception cref="OneShotException">not_found: there is none, or it is another owner's.</exception>
    public async Task<(ClusterDatasetRun Run, DatasetRunStatus Status)> FindAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (DatasetRules.IsRunId(id))
        {
            var run = client.GetDatasetRun(id);
            if (await run.FindStatusAsync(cancellationToken) is { } status && status.Owner == caller.Owner)
            {
                return (run, status);
            }
        }

        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no such dataset run.", Hint: "GET /v1/dataset-runs lists yours."));
    }
}
