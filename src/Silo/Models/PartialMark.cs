namespace OrleansOneShot.Silo.Models;

/// <summary>What is known of a file that is there in part.</summary>
/// <param name="Identity">Hash of the whole file, as the host stated it.</param>
/// <param name="ETag">What the host called the version that the bytes are of; null if it said nothing.</param>
internal sealed record PartialMark(string Identity, string? ETag);
