namespace OrleansOneShot.Grains.Faults;

/// <summary>Whether this silo takes jobs.</summary>
public interface ISiloHealth
{
    /// <summary>Why it takes none, as the end of a sentence that begins with "takes no jobs: "; null: it does.</summary>
    string? Why { get; }

    /// <summary>Called with <see cref="Why"/> when it changes, from any thread.</summary>
    event Action<string?> Changed;
}
