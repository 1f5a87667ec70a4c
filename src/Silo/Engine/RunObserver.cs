using System.Collections.Immutable;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Passes what a run tells on to the job, and keeps its warnings.</summary>
/// <param name="observer">The job's observer.</param>
/// <param name="memory">Looks at the run's memory after each step.</param>
internal sealed class RunObserver(IEngineObserver observer, PeakMeasurement memory) : IImplantationObserver
{
    private readonly List<string> _warnings = [];
    private SettledRun? _settled;
    private int _trainingSteps;
    private (ImplantationStage Stage, int Step, int Steps) _at = (ImplantationStage.Preparing, 0, 0);

    /// <summary>What the job settles of its masks; null: its request names them all.</summary>
    public string? Masks { get; set; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public void Progress(ImplantationStage stage, int step, int steps, string? message = null)
    {
        memory.Look();
        _at = (stage, step, steps);
        if (stage == ImplantationStage.Training)
        {
            _trainingSteps = steps;
        }

        observer.Report(Update(stage, step, steps) with { Message = SecretText.Scrub(message) });
    }

    /// <inheritdoc/>
    public void Step(int step, int steps, StepLosses losses, double seconds)
    {
        memory.Look();
        _at = (ImplantationStage.Training, step, steps);
        ImmutableArray<TermLoss> terms = [.. losses.Names.Zip(losses.Values, (name, value) => new TermLoss(name, value))];
        observer.Report(Update(ImplantationStage.Training, step, steps) with { Losses = TermLosses.Of(terms), Terms = terms, StepSeconds = seconds });
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
        message = SecretText.Scrub(message)!;
        // A run that is tried again after a bad checkpoint says all of it once more.
        if (_warnings.Contains(message))
        {
            return;
        }

        _warnings.Add(message);
        observer.Report(Update(_at.Stage, _at.Step, _at.Steps) with { Message = message, IsWarning = true });
    }

    /// <inheritdoc/>
    public void Settled(RunSettlement settlement)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        _settled = new SettledRun(
            settlement.ModelHash,
            settlement.Precision == Precision.Bf16 ? Precision.Bf16 : Precision.Fp32,
            settlement.FanOut,
            settlement.ConfigurationHash
        )
        {
            Masks = Masks,
            Defaults = settlement.Defaults,
        };
    }

    /// <inheritdoc/>
    public void Checkpoint(int step, string path) => observer.CommitCheckpoint(step, path, _settled);

    /// <summary>Tells that a checkpoint can't be used, and what happens in its place.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="why">What is wrong with it, to follow "The checkpoint of step 20 ".</param>
    /// <param name="next">The one that is tried next; null: the job begins again.</param>
    /// <param name="isSettled">Whether the job knows all that its weights depend on, so that they will be the same.</param>
    public void Drop(CheckpointReference checkpoint, string why, CheckpointReference? next, bool isSettled)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        observer.DropCheckpoint(checkpoint);
        var (what, same) = (
            next is null ? "the job began again from the start" : FormattableString.Invariant($"the job went on from the one of step {next.Step}"),
            isSettled ? ", to the same result" : ""
        );
        Warning(FormattableString.Invariant($"The checkpoint of step {checkpoint.Step} {why}; {what}{same}."));
    }

    /// <inheritdoc/>
    public void Preview(int step, byte[] png, SampleMetrics? metrics)
    {
        var path = observer.StorePreview(step, png);
        observer.Report(
            Update(ImplantationStage.Training, step, _trainingSteps) with
            {
                Preview = path,
                Metrics = metrics is null ? null : MetricsMapper.ToContract(metrics),
            }
        );
    }

    private static ProgressUpdate Update(ImplantationStage stage, int step, int steps) =>
        new()
        {
            Time = DateTimeOffset.UtcNow,
            Stage = stage switch
            {
                ImplantationStage.Preparing => JobState.Preparing,
                ImplantationStage.Training => JobState.Training,
                _ => JobState.Sampling,
            },
            Step = step,
            Steps = steps,
        };
}
