using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>
/// What a job's first epoch has found out or measured and its weights depend on: kept with the job, so that a run that begins again, on whichever silo,
/// publishes the same weights as one that was never disturbed.
/// </summary>
/// <param name="ModelSha256">The base model's identity: SHA-256 over the hashes of its weights.</param>
/// <param name="Precision">What is computed in: <see cref="Precision.Fp32"/> or <see cref="Precision.Bf16"/>.</param>
/// <param name="FanOut">How terms of a step are evaluated, as the engine writes it; <see cref="MaxFanOut"/> characters at most.</param>
/// <param name="ConfigurationSha256">
/// SHA-256 over the base model's configuration; null where an earlier version has settled the run, and then it is not compared.
/// </param>
[GenerateSerializer, Immutable, Alias("oneshot.SettledRun")]
public sealed record SettledRun(
    [property: Id(0)] string ModelSha256,
    [property: Id(1)] Precision Precision,
    [property: Id(2)] string FanOut,
    [property: Id(3)] string? ConfigurationSha256 = null
)
{
    /// <summary>
    /// The objects' masks as <see cref="MaskReference.ToText"/> writes them, where some of them were made of boxes; null: the request names them all.
    /// </summary>
    [Id(4)]
    public string? Masks { get; init; }

    /// <summary>
    /// The base model's defaults (the text of its <c>oneshot.json</c>; empty where it has none) that the job began with: what the file says by now does not
    /// change it. Null where an earlier version has settled the run. <see cref="ModelDefaults.MaxBytes"/> characters at most.
    /// </summary>
    [Id(5)]
    public string? Defaults { get; init; }

    /// <summary>Longest text of <see cref="FanOut"/>, in characters.</summary>
    public const int MaxFanOut = 16 * 1024;

    /// <summary>Whether two runs make the same weights, as far as both tell.</summary>
    /// <param name="other">The other run's.</param>
    /// <returns>Whether nothing that both tell differs.</returns>
    public bool Agrees(SettledRun other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Completed(other) == other.Completed(this);
    }

    /// <summary>This, with what it lacks and the other has.</summary>
    /// <param name="other">What a later run has settled; or null.</param>
    /// <returns>Both.</returns>
    public SettledRun Completed(SettledRun? other) =>
        this with
        {
            ConfigurationSha256 = ConfigurationSha256 ?? other?.ConfigurationSha256,
            Masks = Masks ?? other?.Masks,
            Defaults = Defaults ?? other?.Defaults,
        };
}
