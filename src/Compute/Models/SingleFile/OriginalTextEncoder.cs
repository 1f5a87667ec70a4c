using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>The text encoder's names in the original layout: transformers' own behind a prefix.</summary>
internal static class OriginalTextEncoder
{
    /// <summary>What its keys start with in a checkpoint.</summary>
    public const string Prefix = "cond_stage_model.transformer.";

    /// <summary>transformers' name of a key, or null for what holds no weight.</summary>
    public static string? TargetOf(string key) => KeyRules.TextEncoder.Rename(key[Prefix.Length..]);
}
