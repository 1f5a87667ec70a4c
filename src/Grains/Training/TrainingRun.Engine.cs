using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Grains.Training;

/// <summary>What the engine is asked to do, by the kind of job.</summary>
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
}
