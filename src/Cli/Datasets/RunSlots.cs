using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// How many slots a silo in this process gets for a run of many jobs: one for each GPU; without any, as many as leave each job the threads that it would have
/// alone. A small model gains nothing from a second thread, so two of its jobs on two cores are done in little more time than one.
/// </summary>
internal static class RunSlots
{
    // A job of a small model takes 0.4 GiB.
    private const long MemoryOfSlot = 1L << 30;

    /// <summary>A target whose silo, if it comes to one in this process, has slots for many jobs.</summary>
    /// <param name="context">The command.</param>
    /// <param name="target">Where jobs are.</param>
    /// <param name="record">The run; null where this machine knows nothing of it.</param>
    public static SessionTarget Provide(CommandContext context, SessionTarget target, RunRecord? record)
    {
        if (record is null || target.Server is not null || target.Redis is not null)
        {
            return target;
        }

        ModelChoice model;
        try
        {
            model = ModelChoice.Open(context.OpenCatalog(target.Data), record.Model.Name, record.Model.Clip);
        }
        catch (InvalidInputException)
        {
            // Whoever needs the model says what is wrong with it.
            return target;
        }

        var gpus = TorchDevices.Gpus().Count;
        return target with { Slots = gpus > 0 ? gpus : OfProcessor(model, record.Options.Training, MachineMemory.Capacity()) };
    }

    /// <summary>Slots of the processor.</summary>
    /// <param name="model">The base model.</param>
    /// <param name="training">What jobs train with.</param>
    /// <param name="memory">Bytes that the process may take.</param>
    /// <returns>1 or more.</returns>
    internal static int OfProcessor(ModelChoice model, TrainingOptions training, long memory)
    {
        var side = Math.Max(1, (training.Resolution ?? model.Folder.Defaults.Resolution ?? Defaults.Resolution) / model.VaeFactor);
        var work = OperationWork.OfUNet(model.Folder.UNet, side, side, Defaults.SubsetSize + 1);
        return (int)Math.Clamp(memory / MemoryOfSlot, 1, TorchThreads.JobsAtOnce(work));
    }
}
