namespace OrleansOneShot.Cli.Output;

/// <summary>A silo that offers slots.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Slots">Number of its slots.</param>
/// <param name="Free">Of these, how many nobody uses.</param>
internal sealed record SiloDocument(string Address, int Slots, int Free);
