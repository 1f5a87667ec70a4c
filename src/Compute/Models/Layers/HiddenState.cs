using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>
/// The one tensor that runs through a chain of layers: each new value frees the one before it, so that a chain holds one picture at a time and not all of
/// them.
/// </summary>
internal static class HiddenState
{
    /// <summary>The next value; <paramref name="current"/> is disposed of unless it is <paramref name="borrowed"/>.</summary>
    /// <param name="current">The value so far.</param>
    /// <param name="next">The value computed from it.</param>
    /// <param name="borrowed">The chain's input, which belongs to the caller.</param>
    public static Tensor Replace(Tensor current, Tensor next, Tensor borrowed)
    {
        if (!ReferenceEquals(current, borrowed))
        {
            current.Dispose();
        }

        return next;
    }
}
