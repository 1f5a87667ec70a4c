namespace OrleansOneShot.Grains.Faults;

/// <summary>What a silo must pass before it takes jobs again.</summary>
internal interface ISelfTest
{
    /// <summary>Tests.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What does not work, as the end of a sentence; null: all does.</returns>
    Task<string?> RunAsync(CancellationToken cancellationToken);
}
