using OrleansOneShot.Compute.Models.Layers;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>The sizes of one level of the UNet, from which its blocks build their layers.</summary>
/// <param name="Config">The whole configuration.</param>
/// <param name="HasAttention">Whether the level has transformers.</param>
/// <param name="Channels">Channels of the level.</param>
/// <param name="Layers">Number of resnets (and transformers).</param>
/// <param name="Heads">Heads of its attention.</param>
/// <param name="TransformerLayers">Blocks in each of its transformers.</param>
internal sealed record UNetLevel(UNetConfig Config, bool HasAttention, int Channels, int Layers, int Heads, int TransformerLayers)
{
    /// <summary>A resnet that ends with this level's channels.</summary>
    public ResnetBlock2D Resnet(long inChannels) => new(inChannels, Channels, Config.TimeEmbeddingSize, Config.NormNumGroups, Config.NormEps);

    /// <summary>A transformer of this level.</summary>
    public Transformer2DModel Transformer() =>
        new(Channels, Config.CrossAttentionDim, Heads, TransformerLayers, Config.NormNumGroups, Config.UseLinearProjection);
}
