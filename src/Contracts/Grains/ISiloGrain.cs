namespace OrleansOneShot.Contracts.Grains;

/// <summary>One silo (key: its address, as <c>SiloAddress.ToParsableString</c> gives it); the grain lives there.</summary>
[Alias("oneshot.ISiloGrain")]
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>Asks it to leave: its jobs stop at a checkpoint and wait for other silos, and its process ends.</summary>
    /// <returns>Whether it was asked; false: the grain lives elsewhere because the silo is gone, or nobody there ends it.</returns>
    [Alias("Leave")]
    Task<bool> Leave();
}
