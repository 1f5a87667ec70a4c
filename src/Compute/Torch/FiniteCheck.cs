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
}
