using System.Collections.Immutable;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>How long a job takes, by what its like took on one kind of device. All times are seconds.</summary>
/// <param name="runs">The latest runs, at least one.</param>
/// <param name="request">The job's request.</param>
internal sealed class RunForecast(ImmutableArray<RunDurations> runs, ImplantationRequest request)
{
    // Runs of one kind differ by what else a machine does.
    private const double Room = 0.2;

    /// <summary>The forecast for a job on a kind of device.</summary>
    /// <param name="experience">What is known, by kind of device.</param>
    /// <param name="device">The kind; null: that of which most is known.</param>
    /// <param name="request">The job's request.</param>
    /// <returns>Null: nothing is known.</returns>
    public static RunForecast? For(ImmutableArray<RunExperience> experience, string? device, ImplantationRequest request) =>
        experience
            .Where(known => device is null || known.Device == device)
            .OrderByDescending(known => known.Runs.Length)
            .Select(known => new RunForecast(known.Runs, request))
            .FirstOrDefault();

    /// <summary>The forecast for a job that runs, by the kind of device whose steps take as long as the job's.</summary>
    /// <param name="experience">What is known, by kind of device.</param>
    /// <param name="pace">How long the job's steps take; null: it has made none.</param>
    /// <param name="request">The job's request.</param>
    /// <returns>Null: nothing is known.</returns>
    public static RunForecast? ForPace(ImmutableArray<RunExperience> experience, double? pace, ImplantationRequest request) =>
        pace is { } seconds and > 0
            ? experience
                .Select(known => new RunForecast(known.Runs, request))
                .MinBy(forecast => Math.Abs(Math.Log(Math.Max(forecast.StepSeconds, double.Epsilon) / seconds)))
            : For(experience, device: null, request);

    /// <summary>Steps that the job will make; null: the model's default, which nobody has told yet.</summary>
    public int? Steps =>
        request.Training.Steps
        ?? runs.LastOrDefault(run => run.DefaultSteps is not null)?.DefaultSteps
        ?? runs.LastOrDefault(run => run.HasDefaultSteps)?.Steps;

    private int? PictureSteps => request.Samples.Steps ?? runs.LastOrDefault(run => run.DefaultPictureSteps is not null)?.DefaultPictureSteps;

    /// <summary>From the start to the first step.</summary>
    public double PrepareSeconds => Median(run => run.PrepareSeconds);

    /// <summary>A step.</summary>
    public double StepSeconds => Median(run => run.StepSeconds);

    /// <summary>From the last step to the end.</summary>
    public double EndSeconds => Median(End);

    /// <summary>The whole job, from the start to the end; null: the number of its steps is not known.</summary>
    public double? Seconds => Steps is { } steps ? Median(run => Total(run, steps)) : null;

    /// <summary>The whole job, from the least to the most: those of the latest runs, and a fifth more either way.</summary>
    public SecondsRange? Range =>
        Steps is { } steps
            ? new SecondsRange(Math.Round(runs.Min(run => Total(run, steps)) * (1 - Room), 1), Math.Round(runs.Max(run => Total(run, steps)) * (1 + Room), 1))
            : null;

    /// <summary>
    /// How long a job waits before it starts: jobs ahead take as long as this one would, one after the other on as many slots as would do, and on those that
    /// are taken half of that is left.
    /// </summary>
    /// <param name="outlook">Its place.</param>
    /// <returns>Null: not known.</returns>
    public double? WaitSeconds(QueueOutlook outlook) =>
        outlook is not { Position: { } position, Slots: > 0 and var slots, Free: var free } || Seconds is not { } seconds ? null
        : position <= free ? 0
        : (position - free - 0.5) * seconds / slots;

    private double Total(RunDurations run, int steps) => run.PrepareSeconds + (run.StepSeconds * steps) + End(run);

    private double End(RunDurations run)
    {
        var pictures = (double)Math.Max(1, RunProfile.PicturesOf(request) ?? run.Pictures) / Math.Max(1, run.Pictures);
        var steps = run.PictureSteps is { } took && PictureSteps is { } takes ? (double)takes / took : 1;
        return run.EndSeconds * pictures * steps;
    }

    private double Median(Func<RunDurations, double> part)
    {
        var sorted = runs.Select(part).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
