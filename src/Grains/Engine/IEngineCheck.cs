namespace OrleansOneShot.Grains.Engine;

/// <summary>The port to what an engine's device can do, for a silo's self-test.</summary>
public interface IEngineCheck
{
    /// <summary>Loads what the engine needs, and computes a small thing on a device, synchronously, on the calling thread.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <exception cref="Exception">Whatever an engine would meet there.</exception>
    void Check(string device);
}
