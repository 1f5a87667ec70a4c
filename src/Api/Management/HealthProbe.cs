namespace OrleansOneShot.Api.Management;

/// <summary>One thing that a process needs to take work.</summary>
/// <param name="Name">What it is called, such as <c>redis</c>.</param>
/// <param name="FindProblemAsync">Looks at it. Gives null if all is well, else what is wrong in one sentence; what it throws counts as wrong too.</param>
public sealed record HealthProbe(string Name, Func<CancellationToken, Task<string?>> FindProblemAsync);
