namespace OrleansOneShot.Chaos;

/// <summary>What a run does.</summary>
/// <param name="Seed">Of the schedule of faults; the same seed gives the same schedule.</param>
/// <param name="Jobs">Number of jobs.</param>
/// <param name="Minutes">How long faults go on; afterwards the jobs are left to finish.</param>
/// <param name="Silos">Silos, one slot each.</param>
/// <param name="Steps">Training steps a job.</param>
/// <param name="Faults">What goes wrong.</param>
internal sealed record ChaosSetting(int Seed, int Jobs, double Minutes, int Silos, int Steps, IReadOnlyList<FaultKind> Faults);
