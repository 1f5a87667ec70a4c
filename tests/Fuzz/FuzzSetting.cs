namespace OrleansOneShot.Fuzz;

/// <summary>What to do.</summary>
/// <param name="Seed">Of the inputs: the same seed gives the same ones.</param>
/// <param name="Inputs">How many in all; kinds take turns.</param>
/// <param name="Until">When to stop at the latest, UTC.</param>
/// <param name="Kinds">The kinds.</param>
/// <param name="Folder">Where findings and notes go.</param>
/// <param name="From">The first input.</param>
internal sealed record FuzzSetting(int Seed, long Inputs, DateTime Until, IReadOnlyList<string> Kinds, string Folder, long From = 0);
