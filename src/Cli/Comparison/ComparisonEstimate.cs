using System.Diagnostics;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>
/// About how long a comparison takes here: a few denoising steps are timed, and the passes of a training are counted in them. It is meant to tell ten minutes
/// from ten hours.
/// </summary>
/// <param name="plan">The comparison.</param>
internal sealed class ComparisonEstimate(ComparisonPlan plan)
{
    private const int TimedSteps = 6;

    // Forward and backward, in forward passes.
    private const double TrainingPasses = 3;

    // Text encoder, optimiser and the rest of a step, as the share of a pass that they were on a CPU.
    private const double Overhead = 1;

    /// <summary>Estimates.</summary>
    /// <param name="cancellationToken">Stops between two steps.</param>
    public ComparisonEstimateDocument Make(CancellationToken cancellationToken)
    {
        var pass = Time(cancellationToken);
        List<(string Stage, IReadOnlyList<ComparisonCell> Cells)> stages =
        [
            (ComparisonRuns.Tuning, plan.TuningCells()),
            (ComparisonRuns.Table, plan.TableCells(plan.SettingsOf(new Dictionary<string, int>()))),
        ];
        var parts = new List<EstimatedPart>();
        var (left, minutes) = (0, 0.0);
        foreach (var (stage, cells) in stages)
        {
            var missing = ComparisonRuns.Missing(plan, stage, cells);
            left += missing.Count;
            minutes += missing.Sum(cell => MinutesOf(cell, pass));
            parts.AddRange(
                cells
                    .GroupBy(cell => cell.Method.Id, StringComparer.Ordinal)
                    .Select(some => new EstimatedPart(stage, some.Key, some.Count(), Math.Round(some.Sum(cell => MinutesOf(cell, pass)), 1)))
            );
        }

        var pictures = stages.Sum(stage => stage.Cells.Sum(cell => PicturesOf(cell)));
        return new ComparisonEstimateDocument(plan.Out, stages.Sum(stage => stage.Cells.Count), left, Math.Round(minutes, 1), pictures, parts);
    }

    /// <summary>Passes of the UNet that a training takes, in forward passes of one picture.</summary>
    /// <param name="cell">The training.</param>
    /// <param name="samplingSteps">Denoising steps of a picture.</param>
    /// <param name="classPictures">DreamBooth's class pictures.</param>
    internal static double PassesOf(ComparisonCell cell, int samplingSteps, int classPictures)
    {
        var method = cell.Method.Options;
        var terms = method.Name switch
        {
            TrainingMethod.Ours => method.ObjectLoss ? 2 : 1,
            TrainingMethod.Dreambooth => classPictures > 0 ? 2 : 1,
            _ => 1,
        };
        var drawn = PicturesOf(cell) + (method.Name == TrainingMethod.Dreambooth ? classPictures : 0);
        return (cell.Settings.Steps * ((TrainingPasses * terms) + Overhead)) + (2.0 * samplingSteps * drawn);
    }

    private static int PicturesOf(ComparisonCell cell) => cell.Item.Options.Samples.Prompts.Length * cell.Item.Options.Samples.PerPrompt;

    private double MinutesOf(ComparisonCell cell, double pass)
    {
        var steps = cell.Item.Options.Samples.Steps ?? plan.Defaults.SamplingSteps ?? Defaults.SamplingSteps;
        var classPictures = plan.Defaults.Of(TrainingMethod.Dreambooth).ClassPictures ?? Defaults.ClassPictures;
        return PassesOf(cell, steps, classPictures) * pass / 60;
    }

    // Seconds of a forward pass of one picture: with guidance, a denoising step is two. The first step of a process is slower.
    private double Time(CancellationToken cancellationToken)
    {
        var folder = plan.Model.Folder;
        FetchedModel.Require(folder.Name, folder.Path);
        var side = PlainPictures.SideOf(plan, plan.Objects[0]);
        var (clock, first, last) = (Stopwatch.StartNew(), TimeSpan.Zero, TimeSpan.Zero);
        _ = new PictureSeries
        {
            Model = folder,
            Prompts = [PlainPictures.WithClass(plan.Objects[0], plan.Objects[0].Options.Samples.Prompts[0])],
            Steps = TimedSteps,
            Scheduler = Defaults.Scheduler,
            Guidance = Defaults.GuidanceScale,
            Seed = 1,
            Count = 1,
            Width = side,
            Height = side,
            Precision = Precision.Fp32,
            Device = TorchDevices.Resolve(plan.Standard.Training.Device),
        }
            .Draw((done, _) => (first, last) = (done == 1 ? clock.Elapsed : first, clock.Elapsed), _ => { }, _ => { }, cancellationToken)
            .ToList();
        return (last - first).TotalSeconds / (TimedSteps - 1) / 2;
    }
}
