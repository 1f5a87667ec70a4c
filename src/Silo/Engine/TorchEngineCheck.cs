using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Silo.Engine;

/// <summary>The engine's part of a silo's self-test.</summary>
internal sealed class TorchEngineCheck : IEngineCheck
{
    /// <inheritdoc/>
    public void Check(string device) => DeviceCheck.Run(device);
}
