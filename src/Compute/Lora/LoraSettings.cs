using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Lora;

/// <summary>What a new LoRA looks like.</summary>
/// <param name="Rank">Rank r of every module, 1 to <see cref="MaximumRank"/>.</param>
/// <param name="Alpha">Alpha; the effective scale is alpha / r. Finite and not 0.</param>
/// <param name="Targets">Which modules carry it.</param>
/// <param name="Dora">Whether the lengths of the changed weights' rows are learned as well.</param>
public sealed record LoraSettings(
    int Rank = Defaults.Rank,
    double Alpha = Defaults.Rank,
    LoraTargetModules Targets = LoraTargetModules.Attention,
    bool Dora = false
)
{
    /// <summary>Largest rank that is made or read.</summary>
    public const int MaximumRank = 1024;

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="InvalidInputException">Rank or alpha is out of range.</exception>
    internal void Validate()
    {
        if (Rank is < 1 or > MaximumRank)
        {
            throw new InvalidInputException($"The LoRA rank {Rank} must be from 1 to {MaximumRank}.", "rank");
        }

        if (!double.IsFinite(Alpha) || Alpha == 0)
        {
            throw new InvalidInputException(FormattableString.Invariant($"The LoRA alpha {Alpha} must be a finite number other than 0."), "alpha");
        }
    }
}
