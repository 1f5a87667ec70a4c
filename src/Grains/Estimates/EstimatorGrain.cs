using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>
/// Remembers what runs took. In one row that is written a little later, for many runs at once: what is lost with its silo, the next jobs tell again.
/// </summary>
internal sealed partial class EstimatorGrain(
    [PersistentState("estimator", OneShotStorage.Name)] IPersistentState<EstimatorState> storage,
    IOptions<OneShotGrainsOptions> options,
    ILogger<EstimatorGrain> logger
) : Grain, IEstimatorGrain
{
    private RunHistory _history = null!;
    private IGrainTimer? _writing;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _history = new RunHistory(storage.State.Kinds);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _writing is null ? Task.CompletedTask : WriteAsync(cancellationToken);

    public Task Record(string profile, string device, RunDurations run)
    {
        _history.Add(profile, device, run);
        _writing ??= this.RegisterGrainTimer(WriteAsync, options.Value.SchedulerPeriod, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<RunExperience>> GetExperience(string profile) => Task.FromResult(_history.Find(profile));

    public async Task<ImplantationEstimate> Estimate(ImplantationRequest request)
    {
        RequestValidator.Require(request);
        var warnings = ImmutableArray.CreateBuilder<string>();
        foreach (var (field, name) in new[] { ("model.name", request.Model.Name), ("model.clip", request.Model.Clip) })
        {
            warnings.AddRange(name is null ? [] : await LookForModelAsync(field, name));
        }

        var entry = new QueueEntry(
            string.Empty,
            request.Owner,
            request.Priority,
            options.Value.Clock.GetUtcNow(),
            request.Model.Name,
            options.Value.WaitForDevice ? MemoryProfiles.NameOf(request) : null,
            options.Value.WaitForDevice ? DeviceKind.Of(request) : null
        );
        var outlook = await GrainFactory.GetGrain<ISchedulerGrain>(0).Preview(entry);
        var forecast = RunForecast.For(_history.Find(RunProfile.NameOf(request)), outlook.Device, request);
        if (outlook.Device is null)
        {
            warnings.Add(outlook.Waiting);
        }

        if (forecast?.Range is null)
        {
            warnings.Add("How long it would take is not known: no job of its kind has ended yet.");
        }
        else if (outlook.Free == 0 && forecast.WaitSeconds(outlook) is { } wait)
        {
            warnings.Add(
                string.Create(CultureInfo.InvariantCulture, $"All slots that would do have work: it would wait about {Math.Ceiling(wait / 60):0} min first.")
            );
        }

        return new ImplantationEstimate
        {
            Device = outlook.Device,
            Seconds = forecast?.Range,
            PeakBytes = outlook.RequiredBytes > 0 ? outlook.RequiredBytes : null,
            QueuePosition = outlook.Position,
            Warnings = warnings.ToImmutable(),
        };
    }

    /// <summary>Refuses a model that is nowhere, and warns of one of which that is not certain.</summary>
    private async Task<ImmutableArray<string>> LookForModelAsync(string field, string name)
    {
        var (model, isCertain) = await GrainFactory.GetGrain<IModelLibraryGrain>(0).Find(name);
        return model is not null ? []
            : isCertain
                ? throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.InvalidInput,
                        $"{field} is '{name}'; neither a silo nor the artifact store has a model of that name.",
                        field,
                        "GET /v1/models lists those that are there."
                    )
                )
            : [$"No silo that trains has the model {name}, as far as they answered: a job would wait until one can fetch it, or fail."];
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        _writing?.Dispose();
        _writing = null;
        storage.State = new EstimatorState { Kinds = _history.ToState() };
        try
        {
            await storage.WriteStateAsync(cancellationToken);
        }
        catch (Exception e)
        {
            // Another activation may have written: nothing here is worth a failed call, and the next run writes again.
            LogNotWritten(e);
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What runs took could not be stored; the next ones are")]
    private partial void LogNotWritten(Exception error);
}
