using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Autograd;

/// <summary>
/// Hands the gradients of a custom function to libtorch. The tensors must live until the native side has copied the handles, which is after <c>backward</c> has
/// returned; left to the caller's dispose scope they would live until the end of the training step, a copy of every gradient of the backward pass. So each
/// thread keeps the last ones until its next.
/// </summary>
internal static class GradientHandover
{
    [ThreadStatic]
    private static List<Tensor?>? s_last;

    /// <summary>Takes the gradients out of the dispose scope they were made in and lets go of those handed over before.</summary>
    /// <param name="gradients">One entry for each argument of <c>apply</c>, null where there is none.</param>
    public static List<Tensor> Return(params ReadOnlySpan<Tensor?> gradients)
    {
        if (s_last is not null)
        {
            foreach (var tensor in s_last)
            {
                tensor?.Dispose();
            }
        }

        s_last = [];
        foreach (var tensor in gradients)
        {
            s_last.Add(tensor?.DetachFromDisposeScope());
        }

        return s_last!;
    }
}
