using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>Cosines in the joint space.</summary>
internal static class Cosine
{
    /// <summary>Rows scaled to length 1. (N, d) -> (N, d)</summary>
    public static Tensor Unit(Tensor x) => x / x.norm(-1, keepdim: true);

    /// <summary>Cosine row by row. (N, d), (N, d) -> (N)</summary>
    public static Tensor Of(Tensor a, Tensor b) => (Unit(a) * Unit(b)).sum(-1);
}
