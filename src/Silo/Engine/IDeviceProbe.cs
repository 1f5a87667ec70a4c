namespace OrleansOneShot.Silo.Engine;

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
