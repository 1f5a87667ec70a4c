using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run has found out or measured and its weights depend on: given to a run that begins again, it makes the same weights.</summary>
/// <param name="ModelHash">The base model's hash.</param>
/// <param name="Precision">Float32 or bfloat16.</param>
/// <param name="FanOut">How terms are evaluated, as checkpoints carry it.</param>
/// <param name="ConfigurationHash">The hash of the base model's configuration; null where an earlier version has settled the run.</param>
public sealed record RunSettlement(string ModelHash, Precision Precision, string FanOut, string? ConfigurationHash = null);
