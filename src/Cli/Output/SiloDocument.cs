namespace OrleansOneShot.Cli.Output;

/// <summary>A silo that offers slots.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Slots">Number of its slots.</param>
/// <param name="Free">Of these, how many a job could take now.</param>
/// <param name="Reason">Why it takes no jobs, as the end of a sentence; null: it does.</param>
internal sealed record SiloDocument(string Address, int Slots, int Free, string? Reason = null);
