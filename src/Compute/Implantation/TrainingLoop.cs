using System.Diagnostics;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Takes steps until the last, with checkpoints and previews on the way.</summary>
/// <param name="options">The run's options.</param>
/// <param name="observer">Hears of it.</param>
/// <param name="figures">Hears of what concerns the machine.</param>
internal sealed class TrainingLoop(ImplantationOptions options, IImplantationObserver observer, IRunFigures figures)
{
    /// <summary>Trains to the last step.</summary>
    /// <param name="steps">Takes steps.</param>
    /// <param name="curves">What was measured so far; gets what comes.</param>
    /// <param name="checkpoints">Gets a checkpoint when one is due, and one of the last step when asked to stop.</param>
    /// <param name="drawPreview">Draws and measures a preview; gives null where it can't.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    public void Run(ITrainingSteps steps, LossCurves curves, CheckpointFile checkpoints, Func<Preview?> drawPreview, CancellationToken cancellationToken)
    {
        observer.Progress(ImplantationStage.Training, curves.Steps.Count, options.Steps);
        var committed = curves.Steps.Count;
        while (curves.Steps.Count < options.Steps)
        {
            var before = curves.Steps.Count;
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                Advance(steps, curves, cancellationToken);
            }
            catch (OperationCanceledException) when (committed < before)
            {
                checkpoints.Commit(before);
                throw;
            }
            catch (ArithmeticException)
            {
                figures.StepNotFinite();
                throw;
            }

            var done = curves.Steps.Count;
            if (CheckpointSchedule.IsDue(options, before, done))
            {
                checkpoints.Commit(done);
                committed = done;
            }

            if (IsPreviewDue(before, done) && drawPreview() is { } preview)
            {
                observer.Preview(done, preview.Png, preview.Metrics);
            }
        }
    }

    // The last step's pictures are the samples.
    private bool IsPreviewDue(int before, int done) =>
        options is { PreviewEvery: > 0 and var every, SamplesPerPrompt: > 0 } && done / every > before / every && done < options.Steps;

    private void Advance(ITrainingSteps steps, LossCurves curves, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var taken = steps.Advance(curves.Steps.Count, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds / taken.Count;
        foreach (var losses in taken)
        {
            curves.Add(losses);
            observer.Step(curves.Steps.Count, options.Steps, losses, seconds);
        }
    }
}
