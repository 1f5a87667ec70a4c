using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What messages name is compared with what the job itself would derive, before anything is done.</summary>
internal sealed partial class ImplantationGrain
{
    /// <summary>Longest text of an event or a warning, in characters; the rest is cut.</summary>
    private const int MaxMessage = 2000;

    /// <summary>Most warnings that a job keeps.</summary>
    private const int MaxWarnings = 100;

    /// <summary>Most steps that any request may ask for.</summary>
    private const int MaxSteps = 100_000;

    private void RequireOwn(SlotLease lease)
    {
        if (lease is null || lease.JobId != Id)
        {
            throw Refuse($"The lease is of job {lease?.JobId ?? "(none)"}, not of job {Id}.");
        }
        if (lease.Slot < 0 || lease.Epoch < 0 || !IsSilo(lease.Silo))
        {
            throw Refuse($"Slot {lease.Slot} of '{lease.Silo}' with epoch {lease.Epoch} is no slot of a silo.");
        }
    }

    private static bool IsSilo(string? silo)
    {
        try
        {
            return !string.IsNullOrEmpty(silo) && SiloAddress.FromParsableString(silo) is not null;
        }
        catch (Exception)
        {
            // Whatever the parser thinks of it: stored, it would make every later look at the job fail.
            return false;
        }
    }

    private void RequireOwn(long epoch, [NotNull] CheckpointReference? checkpoint, SettledRun? settled)
    {
        if (_state.Request is not { } request)
        {
            throw Refuse($"Job {Id} is a generation, which has no checkpoints.");
        }
        if (checkpoint is null || checkpoint.Epoch != epoch || checkpoint.Step < 0 || checkpoint.Step > (request.Training.Steps ?? MaxSteps))
        {
            throw Refuse($"Epoch {epoch} of job {Id} can't have a checkpoint of epoch {checkpoint?.Epoch}, step {checkpoint?.Step}.");
        }
        if (checkpoint.Path != StorePaths.Checkpoint(Id, epoch, checkpoint.Step))
        {
            throw Refuse($"The checkpoint of step {checkpoint.Step} of job {Id}, epoch {epoch}, does not lie at the path that was named.");
        }
        if (checkpoint.Bytes <= 0 || !StorePaths.IsHash(checkpoint.Sha256))
        {
            throw Refuse($"The checkpoint of step {checkpoint.Step} of job {Id} has no length or no hash.");
        }
        if (settled is null)
        {
            return;
        }
        if (
            !StorePaths.IsHash(settled.ModelSha256)
            || settled.Precision is not (Precision.Fp32 or Precision.Bf16)
            || settled.FanOut is null or { Length: > SettledRun.MaxFanOut }
            || settled.Defaults is { Length: > ModelDefaults.MaxBytes }
            || (settled.ConfigurationSha256 is { } configuration && !StorePaths.IsHash(configuration))
            || !AreMasksOf(request, settled.Masks)
        )
        {
            throw Refuse($"Epoch {epoch} of job {Id} does not say what its weights depend on.");
        }

        if (_state.Settled is { } before && !before.Agrees(settled))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"Job {Id} was begun with other files of its model, another precision or another way to evaluate terms than epoch {epoch} works with.",
                    "id"
                )
            );
        }
    }

    /// <summary>A run that goes on only goes forward.</summary>
    private void RequireNext(CheckpointReference? old, CheckpointReference checkpoint)
    {
        if (old is not null && checkpoint.Step <= old.Step)
        {
            throw Refuse(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Job {Id} has another checkpoint of step {old.Step}; epoch {checkpoint.Epoch} goes on from it and can't come to step {checkpoint.Step}."
                )
            );
        }
    }

    /// <summary>What a trainer reports: previews lie where the job expects them, numbers are none below 0, and texts have a bound.</summary>
    private IEnumerable<ProgressUpdate> Checked(long epoch, ImmutableArray<ProgressUpdate> updates)
    {
        foreach (var update in updates.IsDefault ? [] : updates)
        {
            if (
                update is null
                || update.Step < 0
                || update.Steps < 0
                || !Enum.IsDefined(update.Stage)
                || (update.Stage == JobState.Training && Kind == JobKind.Generation)
            )
            {
                throw Refuse($"Epoch {epoch} of job {Id} reports a step or a stage that there is none of.");
            }
            if (update.Preview is { } preview && preview != StorePaths.Preview(Id, epoch, update.Step))
            {
                throw Refuse($"The preview of step {update.Step} of job {Id}, epoch {epoch}, does not lie at the path that was named.");
            }
            if (update.Metrics is { } metrics && !AreOfPreview(metrics, update))
            {
                throw Refuse($"The metrics of step {update.Step} of job {Id}, epoch {epoch}, are not those of a preview of its objects.");
            }
        }

        return updates.IsDefault
            ? []
            : updates.Select(update =>
                update.Message is { Length: > MaxMessage } message ? update with { Message = Wording.Cut(message, MaxMessage) } : update
            );
    }

    /// <summary>A job with boxes settles a mask for each object, and those that its request names are no others.</summary>
    private static bool AreMasksOf(ImplantationRequest request, string? masks) =>
        request.Objects.All(item => item.Box is null)
            ? masks is null
            : MaskReference.ParseAll(masks) is { } all
                && all.Length == request.Objects.Length
                && all.Zip(request.Objects).All(pair => StorePaths.IsHash(pair.First.Sha256) && (pair.Second.Mask ?? pair.First.Sha256) == pair.First.Sha256);

    private bool AreOfPreview(JobMetrics metrics, ProgressUpdate update) =>
        update.Preview is not null
        && !metrics.Objects.IsDefault
        && _state.Request is { } request
        && metrics.Objects.Length <= request.Objects.Length
        && metrics.Objects.All(measured => request.Objects.Any(item => item.Token == measured?.Token && item.Class == measured.Class));

    private static OneShotException Refuse(string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message));
}
