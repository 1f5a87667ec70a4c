using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job that a dataset run has made tells its end to it.</summary>
internal sealed partial class ImplantationGrain
{
    /// <summary>Only a run may put a job of its own under its name: the id tells, which nobody else makes so.</summary>
    /// <exception cref="OneShotException">invalid_input.</exception>
    private void RequireNoForeignRun(IJobRequest request)
    {
        if (DatasetRules.FindReserved("metadata", request.Metadata).FirstOrDefault() is { } problem && !IsOfRun(request))
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, problem.Message, problem.Field));
        }
    }

    private bool IsOfRun(IJobRequest request) =>
        request is ImplantationRequest
        && request.Metadata.TryGetValue(DatasetRules.RunKey, out var run)
        && request.Metadata.TryGetValue(DatasetRules.ItemKey, out var item)
        && Id.StartsWith($"{run}-{item}-", StringComparison.Ordinal);

    /// <summary>Tells the run, which asks back how the job has ended.</summary>
    /// <returns>Whether it knows; otherwise it has to be repeated.</returns>
    private async Task<bool> TellDatasetRunAsync()
    {
        if (
            !IsOfRun(Asked!)
            || !int.TryParse(Asked!.Metadata[DatasetRules.ItemKey], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || Asked.Metadata[DatasetRules.RunKey] is not { Length: > 0 } run
        )
        {
            return true;
        }
        try
        {
            await GrainFactory.GetGrain<IDatasetRunGrain>(run).Ended(Id, number);
            return true;
        }
        catch (Exception e)
        {
            LogRunNotTold(e, Id, run);
            return false;
        }
    }

    /// <summary>
    /// Whether a file of an ended job stays for when the job is run again: a run is resumed or retried, and its jobs go on from their checkpoints. (The
    /// daily collection takes them all the same.)
    /// </summary>
    private bool IsKept(string path) =>
        _state.State is JobState.Cancelled or JobState.Failed && IsOfRun(Asked!) && (path == _state.Checkpoint?.Path || path == _state.Previous?.Path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} has ended, and dataset run {RunId} could not be told; it is tried again")]
    private partial void LogRunNotTold(Exception error, string jobId, string runId);
}
