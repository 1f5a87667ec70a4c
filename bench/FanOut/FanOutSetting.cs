namespace OrleansOneShot.Bench.FanOut;

/// <summary>What a fan-out measurement does.</summary>
/// <param name="Silos">Processes that evaluate terms, the job's own included.</param>
/// <param name="Terms">Terms of a step.</param>
/// <param name="Steps">Measured steps.</param>
/// <param name="TermSeconds">Time of a term.</param>
internal sealed record FanOutSetting(int Silos, int Terms, int Steps, double TermSeconds);
