using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Estimates;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>When a job will start and end, as far as anybody can tell. Whatever can't be asked is not told; a status never fails because of it.</summary>
internal sealed partial class ImplantationGrain
{
    // Steps that tell how fast the job is now: enough to even out checkpoints, few enough to notice that a machine has become slow.
    private const int PaceSteps = 32;

    private static readonly TimeSpan s_experienceAge = TimeSpan.FromSeconds(30);

    private (long Time, ImmutableArray<RunExperience> Runs)? _experience;

    /// <summary>A job that waits: its place, why, and when it will end.</summary>
    private async Task<ImplantationStatus> WithQueueAsync(ImplantationStatus status)
    {
        if (await AskAsync(() => GrainFactory.GetGrain<ISchedulerGrain>(0).GetOutlook(Id)) is not { } outlook)
        {
            return status;
        }

        var forecast = RunForecast.For(await FindExperienceAsync(), outlook.Device, _state.Request!);
        return status with
        {
            Waiting = outlook.Waiting,
            QueuePosition = outlook.Position,
            EstimatedFinish = outlook.Device is not null && forecast?.WaitSeconds(outlook) is { } wait ? In(wait + LeftOf(forecast)) : null,
        };
    }

    /// <summary>A job that is worked on: when it will end.</summary>
    private async Task<ImplantationStatus> WithFinishAsync(ImplantationStatus status)
    {
        var (pace, last) = FindPace();
        var forecast = RunForecast.ForPace(await FindExperienceAsync(), pace, _state.Request!);
        var ending = forecast?.EndSeconds;
        return status with
        {
            EstimatedFinish = _state.State switch
            {
                JobState.Preparing when forecast is not null && _state.EpochStarted is { } began => In(
                    LeftOf(forecast) - Math.Min((Now - began).TotalSeconds, forecast.PrepareSeconds)
                ),
                JobState.Training when pace is { } seconds => In((Math.Max(0, _steps - _step) * seconds) + (ending ?? 0)),
                JobState.Sampling or JobState.Publishing when ending is { } all && last is { } trained => In(all - (Now - trained).TotalSeconds),
                _ => null,
            },
        };
    }

    /// <summary>What a run from the job's last checkpoint takes.</summary>
    private double? LeftOf(RunForecast forecast) =>
        forecast.Steps is { } steps
            ? forecast.PrepareSeconds + (Math.Max(0, steps - (_state.Checkpoint?.Step ?? 0)) * forecast.StepSeconds) + forecast.EndSeconds
            : null;

    private DateTimeOffset? In(double? seconds) => seconds is { } some ? Now.AddSeconds(Math.Ceiling(Math.Max(0, some))) : null;

    /// <summary>Seconds of a step of late in this epoch, and when the last one was done.</summary>
    private (double? Seconds, DateTimeOffset? Last) FindPace()
    {
        ProgressEvent? newest = null;
        ProgressEvent? oldest = null;
        for (var i = _log.Last; i > 0 && _log[i].Epoch == _state.Epoch; i--)
        {
            if (_log[i] is not { Stage: JobState.Training, StepSeconds: not null } step)
            {
                continue;
            }
            newest ??= step;
            oldest = step;
            if (newest.Step - oldest.Step >= PaceSteps)
            {
                break;
            }
        }

        return newest is null || oldest is null ? (null, null)
            : newest.Step == oldest.Step ? (newest.StepSeconds, newest.Time)
            : (Math.Max(0, (newest.Time - oldest.Time).TotalSeconds) / (newest.Step - oldest.Step), newest.Time);
    }

    private async Task<ImmutableArray<RunExperience>> FindExperienceAsync()
    {
        var clock = options.Value.Clock;
        if (_experience is { } known && clock.GetElapsedTime(known.Time) < s_experienceAge)
        {
            return known.Runs;
        }

        var asked = clock.GetTimestamp();
        var runs = await AskAsync(async () =>
            (ImmutableArray<RunExperience>?)await GrainFactory.GetGrain<IEstimatorGrain>(0).GetExperience(RunProfile.NameOf(_state.Request!))
        );
        _experience = (asked, runs ?? []);
        return runs ?? [];
    }

    private async Task<T?> AskAsync<T>(Func<Task<T?>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException or OneShotException)
        {
            // All else is known without it.
            LogNotExplained(e, Id);
            return default;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody said when job {JobId} will start or end")]
    private partial void LogNotExplained(Exception error, string jobId);
}
