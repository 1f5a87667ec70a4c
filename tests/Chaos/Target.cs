namespace OrleansOneShot.Chaos;

/// <summary>A job in training, as its state told a moment ago.</summary>
/// <param name="Silo">Number of the silo that trains it.</param>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Step">Steps done.</param>
internal sealed record Target(int Silo, string JobId, long Epoch, int Step);
