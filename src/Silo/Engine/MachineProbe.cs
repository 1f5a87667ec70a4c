using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Silo.Engine;

/// <summary>This machine: libtorch's devices, and the memory of the process's control group.</summary>
public sealed class MachineProbe : IDeviceProbe
{
    /// <inheritdoc/>
    public IReadOnlyList<(string Name, long MemoryBytes)> Gpus() => TorchDevices.Gpus();

    /// <inheritdoc/>
    public long Memory() => MachineMemory.Capacity();
}
