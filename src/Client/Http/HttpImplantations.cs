using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Http;

/// <summary>Trainings on a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpImplantations(HttpCalls calls) : HttpJobs<ImplantationRequest, ImplantationStatus>(calls, "v1/implantations"), IImplantationTransport
{
    /// <inheritdoc/>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default) =>
        Calls.CallAsync<ImplantationEstimate>(() => HttpCalls.Post("v1/implantations/estimate", request), cancellationToken);

    /// <inheritdoc/>
    public async Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken = default)
    {
        var tries = 0;
        try
        {
            return await Calls.CallAsync<ImplantationStatus>(
                () =>
                {
                    tries++;
                    return HttpCalls.Post(PathOf(id, "/retry"));
                },
                cancellationToken
            );
        }
        catch (OneShotException e) when (tries > 1 && e.Code == ErrorCodes.Conflict)
        {
            // An earlier try has queued it, and its answer was lost; unless it had not ended at all.
            var status = await GetStatusAsync(id, cancellationToken);
            if (status.State.IsFinal() || status.Retries == 0)
            {
                throw;
            }

            return status;
        }
    }
}
