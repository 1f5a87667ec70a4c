using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Dino;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using static OrleansOneShot.Compute.Models.Loading.WeightCount;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>The sizes of whole models, layer by layer as their modules are built.</summary>
internal static class WeightCounts
{
    /// <summary>Of a <see cref="UNet2DConditionModel"/>.</summary>
    public static WeightCount Of(UNetConfig config)
    {
        var levels = config.Levels();
        var (first, last, count) = (levels[0].Channels, levels[^1], levels.Count);
        long time = config.TimeEmbeddingSize;
        var total =
            Conv3x3(config.InChannels, first)
            + Linear(first, time)
            + Linear(time, time)
            + Norm(first)
            + Conv3x3(first, config.OutChannels)
            + Transformer(last)
            + (2 * Resnet(last.Channels, last.Channels, time));
        for (var i = 0; i < count; i++)
        {
            var level = levels[i];
            total +=
                Resnet(levels[Math.Max(i - 1, 0)].Channels, level.Channels, time)
                + ((level.Layers - 1) * Resnet(level.Channels, level.Channels, time))
                + (level.HasAttention ? level.Layers * Transformer(level) : default)
                + (i == count - 1 ? default : Conv3x3(level.Channels, level.Channels));

            // The up block of the same level, number count - 1 - i on the way up.
            var below = levels[Math.Min(i + 1, count - 1)].Channels;
            var above = levels[Math.Max(i - 1, 0)].Channels;
            for (var layer = 0; layer <= level.Layers; layer++)
            {
                total += Resnet((layer == 0 ? below : level.Channels) + (layer == level.Layers ? above : level.Channels), level.Channels, time);
            }

            total +=
                (config.UpBlockTypes[count - 1 - i] == UNetConfig.CrossAttentionUp ? (level.Layers + 1) * Transformer(level) : default)
                + (i == 0 ? default : Conv3x3(level.Channels, level.Channels));
        }

        return total;
    }

    /// <summary>Of an <see cref="AutoencoderKL"/>.</summary>
    public static WeightCount Of(VaeConfig config)
    {
        var channels = config.BlockOutChannels;
        var (highest, lowest, count) = ((long)channels[0], (long)channels[^1], channels.Count);
        long latents = config.LatentChannels;
        var middle = (2 * Resnet(lowest, lowest, null)) + Norm(lowest) + (4 * Linear(lowest, lowest));
        var total =
            (2 * middle)
            + Conv3x3(config.InChannels, highest)
            + Norm(lowest)
            + Conv3x3(lowest, 2 * latents)
            + Conv3x3(latents, lowest)
            + Norm(highest)
            + Conv3x3(highest, config.OutChannels)
            + (config.UseQuantConv ? Linear(2 * latents, 2 * latents) : default)
            + (config.UsePostQuantConv ? Linear(latents, latents) : default);
        for (var i = 0; i < count; i++)
        {
            long own = channels[i];
            total +=
                Resnet(channels[Math.Max(i - 1, 0)], own, null)
                + ((config.LayersPerBlock - 1) * Resnet(own, own, null))
                + (i == count - 1 ? default : Conv3x3(own, own))
                + Resnet(channels[Math.Min(i + 1, count - 1)], own, null)
                + (config.LayersPerBlock * Resnet(own, own, null))
                + (i == 0 ? default : Conv3x3(own, own));
        }

        return total;
    }

    /// <summary>Of a <see cref="ClipTextModel"/>.</summary>
    public static WeightCount Of(ClipTextConfig config) =>
        Tensor(config.VocabSize, config.HiddenSize)
        + Tensor(config.MaxPositionEmbeddings, config.HiddenSize)
        + (config.NumHiddenLayers * Layer(config.HiddenSize, config.IntermediateSize))
        + Norm(config.HiddenSize);

    /// <summary>Of a <see cref="ClipModel"/>.</summary>
    public static WeightCount Of(ClipConfig config)
    {
        var vision = config.Vision;
        long width = vision.HiddenSize;
        return Of(config.Text)
            + Tensor()
            + Linear(config.Text.HiddenSize, config.ProjectionDim, hasBias: false)
            + Linear(width, config.ProjectionDim, hasBias: false)
            + Tensor(width)
            + Tensor(width, vision.NumChannels, vision.PatchSize, vision.PatchSize)
            + Tensor(vision.Positions, width)
            + (2 * Norm(width))
            + (vision.NumHiddenLayers * Layer(width, vision.IntermediateSize));
    }

    /// <summary>Of a <see cref="DinoModel"/>.</summary>
    public static WeightCount Of(DinoConfig config)
    {
        long width = config.HiddenSize;
        var layer =
            (3 * Linear(width, width, config.QkvBias))
            + Linear(width, width)
            + (2 * Norm(width))
            + Linear(width, config.Inner)
            + Linear(config.Inner, width)
            + (config.IsSecond ? 2 * Tensor(width) : default);
        return Tensor(width)
            + Tensor(config.Positions, width)
            + Tensor(width, config.NumChannels, config.PatchSize, config.PatchSize)
            + Tensor(width)
            + (config.NumHiddenLayers * layer)
            + Norm(width);
    }

    private static WeightCount Layer(long width, long inner) => (4 * Linear(width, width)) + (2 * Norm(width)) + Linear(width, inner) + Linear(inner, width);

    private static WeightCount Transformer(UNetLevel level)
    {
        long width = level.Channels,
            context = level.Config.CrossAttentionDim;
        var attention = Linear(width, width, hasBias: false) + Linear(width, width);
        var block =
            (3 * Norm(width))
            + (2 * attention)
            + (2 * Linear(width, width, hasBias: false))
            + (2 * Linear(context, width, hasBias: false))
            + Linear(width, 8 * width)
            + Linear(4 * width, width);
        return Norm(width) + (2 * Linear(width, width)) + (level.TransformerLayers * block);
    }
}
