using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job that has ended is told to its owner's webhooks.</summary>
internal sealed partial class ImplantationGrain
{
    /// <summary>
    /// Has the owner's webhooks store that they are to tell the end. One that can't be told must keep neither the slot nor the other effects.
    /// </summary>
    /// <returns>Whether they have; otherwise it has to be repeated.</returns>
    private async Task<bool> TellWebhooksAsync()
    {
        if (_state.WebhooksTold)
        {
            return true;
        }
        try
        {
            var job = new WebhookJob
            {
                Id = Id,
                State = _state.State,
                Owner = Asked!.Owner,
                Name = Asked.Name,
                Metadata = Asked.Metadata,
                Kind = Kind,
                Retries = _state.Retries,
                Created = _state.Created,
                Started = _state.Started,
                Finished = _state.Finished ?? _state.Created,
                Error = _state.Error,
            };
            if (await GrainFactory.GetGrain<IOwnerWebhooksGrain>(job.Owner).Ended(job) > 0)
            {
                await WriteAsync(_state with { WebhooksTold = true });
            }
            return true;
        }
        catch (Exception e)
        {
            LogWebhooksNotTold(e, Id);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} has ended, and its owner's webhooks could not be told; it is tried again")]
    private partial void LogWebhooksNotTold(Exception error, string jobId);
}
