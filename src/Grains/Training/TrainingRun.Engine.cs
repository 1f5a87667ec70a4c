using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Estimates;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Training;

/// <summary>What the engine is asked to do, by the kind of job, and what it took.</summary>
internal sealed partial class TrainingRun
{
    /// <summary>Does the job's work on the calling thread.</summary>
    /// <param name="folder">An empty folder for this epoch alone.</param>
    /// <returns>The result, not yet published.</returns>
    private EngineResult Work(string folder)
    {
        var device = _services.Options.DeviceOf(_lease.Slot);
        return _order.Request switch
        {
            GenerationRequest generation => _services.Engine.Draw(
                new DrawingJob(_lease.JobId, _lease.Epoch, _lease.Slot, generation, _order.Sources, folder) { Device = device },
                this,
                _stop.Token
            ),
            ImplantationRequest implantation => _services.Engine.Run(
                new EngineJob(_lease.JobId, _lease.Epoch, _lease.Slot, implantation, _order.Resume.Checkpoint, folder)
                {
                    Previous = _order.Resume.Previous,
                    Settled = _order.Resume.Settled,
                    Device = device,
                    BorrowedSlots = _borrowed!,
                },
                this,
                _stop.Token
            ),
            _ => throw new InvalidOperationException($"Nothing does a {_order.Request.GetType().Name}."),
        };
    }

    /// <summary>What the run took, in memory and time: only helps those who come later, and must come before the job gives back its lease.</summary>
    private void TellLaterJobs(EngineResult result)
    {
        var slot = _services.Options.Slots.FirstOrDefault(slot => slot.Slot == _lease.Slot);
        if (result.PeakBytes > 0)
        {
            LogMemory(_lease.JobId, _lease.Epoch, result.PeakBytes >> 20);
            _services.Instruments.OnMemory(slot?.Device ?? DeviceKind.Cpu, result.PeakBytes);
            _services.Grains.GetGrain<ISchedulerGrain>(0).RecordMemory(_lease.JobId, result.PeakBytes).Ignore();
        }

        if (_order.Request is ImplantationRequest request && _stopwatch.Stop(request.Training.Steps is null) is { } run)
        {
            var device = slot is null ? DeviceKind.Cpu : DeviceKind.Of(slot);
            var told = run with
            {
                DefaultSteps = result.Defaults?.Training,
                PictureSteps = request.Samples.Steps ?? result.Defaults?.Picture,
                DefaultPictureSteps = result.Defaults?.Picture,
            };
            _services.Grains.GetGrain<IEstimatorGrain>(0).Record(RunProfile.NameOf(request), device, told).Ignore();
        }
    }
}
