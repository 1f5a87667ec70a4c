using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Whether numbers are numbers.</summary>
internal static class FiniteCheck
{
    /// <summary>Whether no value of a tensor is NaN or infinite.</summary>
    /// <param name="value">A tensor of floating-point numbers, any shape and device.</param>
    public static bool IsAllFinite(this Tensor value)
    {
        using var scope = NewDisposeScope();
        return value.isfinite().all().item<bool>();
    }

    /// <summary>Requires that no value is NaN or infinite.</summary>
    /// <param name="value">As for <see cref="IsAllFinite"/>.</param>
    /// <param name="what">What was computed, at the beginning of a sentence.</param>
    /// <exception cref="NotFiniteNumberException">One is.</exception>
    public static void RequireFinite(this Tensor value, string what)
    {
        if (!value.IsAllFinite())
        {
            throw new NotFiniteNumberException($"{what} is no number.");
        }
    }
}
