using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>theta_m of eq. 2: how the embeddings of the picture, of the masked picture and of the class name become one target.</summary>
/// <param name="Image">Weight of I(x).</param>
/// <param name="MaskedImage">Weight of I(x_m).</param>
/// <param name="Class">Weight of T(c_c).</param>
public sealed record PrototypeFusion(double Image, double MaskedImage, double Class)
{
    /// <summary>The mean of the three; the default.</summary>
    public static PrototypeFusion Average { get; } = new(1.0 / 3, 1.0 / 3, 1.0 / 3);

    /// <summary>The whole picture alone.</summary>
    public static PrototypeFusion ImageOnly { get; } = new(1, 0, 0);

    /// <summary>The masked picture alone.</summary>
    public static PrototypeFusion MaskedImageOnly { get; } = new(0, 1, 0);

    /// <summary>The class name alone.</summary>
    public static PrototypeFusion ClassOnly { get; } = new(0, 0, 1);

    /// <summary>The target. Every embedding is L2-normalised first; the sum is not normalised again, since the cosine doesn't care.</summary>
    /// <param name="image">I(x), (1, joint).</param>
    /// <param name="maskedImage">I(x_m), (1, joint).</param>
    /// <param name="classText">T(c_c), (1, joint).</param>
    /// <returns>theta_m, (1, joint).</returns>
    public Tensor Fuse(Tensor image, Tensor maskedImage, Tensor classText) =>
        Cosine.Unit(image).Mul(Image).Add(Cosine.Unit(maskedImage).Mul(MaskedImage)).Add(Cosine.Unit(classText).Mul(Class));
}
