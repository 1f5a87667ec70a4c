namespace OrleansOneShot.Chaos;

/// <summary>What a look at a job found.</summary>
/// <param name="Violations">What must not be.</param>
/// <param name="Resumes">Epochs after the first.</param>
/// <param name="StepsRepeated">Steps taken more than once.</param>
/// <param name="LongestGap">Longest time between two steps, in seconds.</param>
internal sealed record JobFindings(IReadOnlyList<string> Violations, long Resumes, int StepsRepeated, double LongestGap);
