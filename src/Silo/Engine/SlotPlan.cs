using System.Collections.Immutable;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// The slots of a machine. With GPUs one each, with the device's memory; without, one for the processor. A number that is asked for takes the first GPUs, and
/// the processor for those beyond; slots of the processor share the process's memory less a reserve for what is no job.
/// </summary>
public static class SlotPlan
{
    private const long LargestReserve = 2L << 30;
    private const int ReservedShare = 8;

    /// <summary>Plans the slots.</summary>
    /// <param name="devices">What there is.</param>
    /// <param name="wanted">Slots wanted; 0: none, without a look at the machine; null: what it has.</param>
    /// <returns>The slots, numbered from 0.</returns>
    public static ImmutableArray<SlotAnnouncement> Create(IDeviceProbe devices, int? wanted)
    {
        ArgumentNullException.ThrowIfNull(devices);
        if (wanted <= 0)
        {
            return [];
        }

        var gpus = devices.Gpus();
        var count = wanted ?? Math.Max(1, gpus.Count);
        var processors = Math.Max(0, count - gpus.Count);
        var memory = devices.Memory();
        var share = processors == 0 ? 0 : (memory - Math.Min(LargestReserve, memory / ReservedShare)) / processors;
        return
        [
            .. gpus.Take(count).Select((gpu, slot) => new SlotAnnouncement(slot, gpu.Name, gpu.MemoryBytes)),
            .. Enumerable.Range(gpus.Count, processors).Select(slot => new SlotAnnouncement(slot, "cpu", share)),
        ];
    }
}

/// <summary>What a machine has to train on.</summary>
public interface IDeviceProbe
{
    /// <summary>Looks for GPUs.</summary>
    /// <returns>"cuda:N" and the device's total memory in bytes (0: not known), by number.</returns>
    IReadOnlyList<(string Name, long MemoryBytes)> Gpus();

    /// <summary>Looks how much memory the process may use.</summary>
    /// <returns>Bytes.</returns>
    long Memory();
}

/// <summary>This machine: libtorch's devices, and the memory of the process's control group.</summary>
public sealed class MachineProbe : IDeviceProbe
{
    /// <inheritdoc/>
    public IReadOnlyList<(string Name, long MemoryBytes)> Gpus() => TorchDevices.Gpus();

    /// <inheritdoc/>
    public long Memory() => MachineMemory.Capacity();
}
