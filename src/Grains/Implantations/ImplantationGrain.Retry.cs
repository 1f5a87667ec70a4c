using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// How a job that has failed, or was cancelled, is run again: under the same id, with a new epoch, which fences whatever still works for the old ones. A
/// result is never taken back: a job that has published stays as it is.
/// </summary>
internal sealed partial class ImplantationGrain
{
    public async Task<ImplantationStatus> Retry(int retries)
    {
        if (_state.Request is null)
        {
            throw NoSuchJob();
        }
        if (retries == _state.Retries - 1)
        {
            // Said again, since the answer was lost: as far as the first call came, this one mends.
            if (_state is { State: JobState.Queued, Parked: false })
            {
                await PutSummaryAsync();
                await EnqueueAsync();
            }
            return Status();
        }

        if (_state.State.IsFinal())
        {
            await TakePublishedAsync();
        }
        RequireRetryable(retries);
        var inputs = await FindLostInputsAsync();
        if (inputs.Count > 0)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.BlobMissing,
                    $"Of what job {Id} needs the store has lost {Wording.List(inputs.Select(input => $"{input.Field} {input.Sha256}"))}.",
                    inputs[0].Field,
                    "Upload the same files again, then retry."
                )
            );
        }

        // As any other job: whoever ended it has had the place.
        await GrainFactory.GetGrain<ISchedulerGrain>(0).Admit(Id, _state.Request!.Owner);
        var next = await AgainAsync();
        // Listed before it is queued, so the recovery after a crash in between finds it, and lists it as it is.
        await PutSummaryAsync(next);
        await WriteAsync(next);
        instruments.OnResumed("retry", StepsToRepeat);
        (_step, _steps, _ended) = (next.Step, next.Steps, false);
        LogRetried(Id, next.Retries, next.Epoch);
        await LogAsync(
            EventOf(
                next,
                next.Checkpoint is { } from
                    ? string.Create(CultureInfo.InvariantCulture, $"Retried; goes on from step {from.Step}.")
                    : "Retried; begins again. Waits for a free slot."
            )
        );
        await EnqueueAsync();
        return Status();
    }

    private void RequireRetryable(int retries)
    {
        var why =
            retries != _state.Retries ? "somebody else has retried it meanwhile"
            : !_state.State.IsFinal() ? $"it is {Word(_state.State)}, and goes on by itself"
            : _state.State == JobState.Succeeded || _state.Published is not null ? "it has succeeded; submit another one for another result"
            : null;
        if (why is not null)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Job {Id} can't be retried: {why}.", "id"));
        }
    }

    private async Task<List<(string Field, string Sha256)>> FindLostInputsAsync()
    {
        var lost = new List<(string Field, string Sha256)>();
        foreach (var input in _state.Request!.Inputs())
        {
            // The store's own list, not its owner's uploads: those are marks that expire, and the job keeps its inputs.
            if (await store.GetInfoAsync(StorePaths.Blob(input.Sha256)) is null)
            {
                lost.Add(input);
            }
        }

        return lost;
    }

    /// <summary>
    /// The state of the job that waits again. Its epoch rises at once, not only with its start: a trainer that did not hear that the job was cancelled could
    /// otherwise still publish for it. What counted against it counts no more, since whoever retries has seen to the cause.
    /// </summary>
    private async Task<ImplantationState> AgainAsync()
    {
        // Mostly gone, with all else that an ended job leaves behind.
        var from = _state.Checkpoint is { } checkpoint && await store.GetInfoAsync(checkpoint.Path) is not null ? checkpoint : null;
        var state = _state with
        {
            State = JobState.Queued,
            Retries = _state.Retries + 1,
            Epoch = Newest + 1,
            Seconds = _state.Seconds + (_state.EpochStarted is { } began && _state.Finished is { } ended ? Math.Max(0, (ended - began).TotalSeconds) : 0),
            EpochStarted = null,
            Lease = null,
            Finished = null,
            QueuedAt = Now,
            Parked = false,
            CancelRequested = false,
            WebhooksTold = false,
            Error = null,
            Step = from?.Step ?? 0,
            Checkpoint = from,
            Previous = from is null ? null : _state.Previous,
            Reached = from?.Step ?? 0,
            Deaths = 0,
            Outages = 0,
            OutageTime = TimeSpan.Zero,
            Faults = [],
            History = [],
        };
        // A run from the beginning settles anew what its weights depend on, and warns of it anew.
        return from is not null ? state : state with { Settled = null, Warnings = [] };
    }

    private static string Word(JobState state) => state.ToString().ToLowerInvariant();

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} is run again, for the {Retries}. time, from epoch {Epoch} on")]
    private partial void LogRetried(string jobId, int retries, long epoch);
}
