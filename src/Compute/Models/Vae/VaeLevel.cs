using OrleansOneShot.Compute.Models.Layers;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>What the levels of encoder and decoder share.</summary>
internal static class VaeLevel
{
    /// <summary>Epsilon of every group norm in the VAE.</summary>
    public const double Eps = 1e-6;

    /// <summary>A resnet without time embedding.</summary>
    public static ResnetBlock2D Resnet(long inChannels, long outChannels, long groups) => new(inChannels, outChannels, null, groups, Eps);

    /// <summary>The resnets of one level: the first one changes the channels.</summary>
    public static ResnetBlock2D[] Resnets(long inChannels, long outChannels, int layers, long groups) =>
        [.. Enumerable.Range(0, layers).Select(i => Resnet(i == 0 ? inChannels : outChannels, outChannels, groups))];
}
