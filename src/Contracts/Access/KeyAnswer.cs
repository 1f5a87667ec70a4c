using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Access;

/// <summary>What the registry says of a key that a call carries.</summary>
/// <param name="Verdict">Whether it is accepted, or why not.</param>
/// <param name="Owner">Of an accepted key: who calls. Empty otherwise.</param>
/// <param name="Scopes">Of an accepted key: what it allows. Empty otherwise.</param>
[GenerateSerializer, Immutable, Alias("oneshot.KeyAnswer")]
public sealed record KeyAnswer([property: Id(0)] KeyVerdict Verdict, [property: Id(1)] string Owner, [property: Id(2)] ImmutableArray<string> Scopes);

/// <summary>Whether a key is accepted, or why not. Callers without one are told only that theirs isn't; the reasons are for the log.</summary>
[GenerateSerializer, Alias("oneshot.KeyVerdict")]
public enum KeyVerdict
{
    /// <summary>No key has that id. (The value that a reader gets who knows no better: nobody is let in by default.)</summary>
    Unknown = 0,

    /// <summary>Accepted.</summary>
    Accepted = 1,

    /// <summary>The id's key has another secret.</summary>
    Wrong = 2,

    /// <summary>It was this key, and its time is over.</summary>
    Expired = 3,

    /// <summary>It was this key, and it was revoked.</summary>
    Revoked = 4,
}
