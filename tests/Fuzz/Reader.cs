using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Fuzz;

/// <summary>Something of the program that reads bytes from outside.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Make">Makes an input: a sound one that was changed knowing its structure.</param>
/// <param name="Read">Reads it, as the program does.</param>
internal sealed record Reader(string Kind, Func<Random, byte[]> Make, Action<byte[]> Read)
{
    /// <summary>Whether an input looks like one at first sight, so that reading it goes beyond the first check.</summary>
    public Func<byte[], bool> IsPastMagic { get; init; } = _ => true;

    /// <summary>Memory that one input may take, above what the process had.</summary>
    public long MemoryLimit { get; init; } = 512L << 20;

    /// <summary>What the reader documents besides <see cref="InvalidInputException"/> and <see cref="OneShotException"/>.</summary>
    public Func<Exception, bool> AlsoDocuments { get; init; } = _ => false;

    /// <summary>Whether an input may be refused in this way.</summary>
    public bool Documents(Exception error) => error is InvalidInputException or OneShotException || AlsoDocuments(error);
}
