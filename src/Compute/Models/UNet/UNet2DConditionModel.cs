using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// The denoiser of Stable Diffusion 1.x and 2.x (diffusers' <c>UNet2DConditionModel</c>): predicts noise (or v) of a latent at a timestep, given text
/// states.
/// </summary>
public sealed class UNet2DConditionModel : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly AdaptableConv2d conv_in;
    private readonly TimestepProjection time_proj;
    private readonly TimestepEmbedding time_embedding;
    private readonly ModuleList<DownBlock2D> down_blocks;
    private readonly ModuleList<UpBlock2D> up_blocks;
    private readonly MidBlock2D mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly AdaptableConv2d conv_out;

    /// <summary>Creates the model on the meta device: without memory, until weights are loaded.</summary>
    /// <param name="config">The model's configuration, already checked.</param>
    public UNet2DConditionModel(UNetConfig config)
        : base(nameof(UNet2DConditionModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        var levels = config.Levels();
        var count = levels.Count;
        conv_in = Blank.Conv3x3(config.InChannels, levels[0].Channels);
        time_proj = new TimestepProjection(levels[0].Channels, config.FlipSinToCos, config.FreqShift);
        time_embedding = new TimestepEmbedding(levels[0].Channels, config.TimeEmbeddingSize);
        down_blocks = new ModuleList<DownBlock2D>([
            .. levels.Select((level, i) => new DownBlock2D(level, levels[Math.Max(i - 1, 0)].Channels, isLast: i == count - 1)),
        ]);

        // The up blocks mirror the down blocks, lowest level first, with one layer more for the skip of the level's downsampling.
        up_blocks = new ModuleList<UpBlock2D>([
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    var down = levels[count - 1 - i];
                    var level = down with { HasAttention = config.UpBlockTypes[i] == UNetConfig.CrossAttentionUp, Layers = down.Layers + 1 };
                    return new UpBlock2D(
                        level,
                        levels[Math.Min(count - i, count - 1)].Channels,
                        levels[Math.Max(count - 2 - i, 0)].Channels,
                        isLast: i == count - 1
                    );
                }),
        ]);
        mid_block = new MidBlock2D(levels[^1]);
        conv_norm_out = Blank.GroupNorm(config.NormNumGroups, levels[0].Channels, config.NormEps);
        conv_out = Blank.Conv3x3(levels[0].Channels, config.OutChannels);
        RegisterComponents();
        AdaptableLayers = AdaptableLayer.Of(this);
    }

    /// <summary>The model's configuration.</summary>
    public UNetConfig Config { get; }

    /// <summary>
    /// Every linear layer and convolution by its full name, such as <c>down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q</c>, in the model's order.
    /// </summary>
    public IReadOnlyDictionary<string, AdaptableLayer> AdaptableLayers { get; }

    /// <summary>
    /// Gradient checkpointing: resnets and transformers keep their inputs alone and are computed again on the way back. A training step then takes a third
    /// longer and less memory. Adapters must stay as they are until its backward pass is over.
    /// </summary>
    public bool RecomputesActivations
    {
        get => modules().OfType<IRecomputable>().All(b => b.Recomputes);
        set
        {
            foreach (var block in modules().OfType<IRecomputable>())
            {
                block.Recomputes = value;
            }
        }
    }

    /// <summary>The element type the model computes in: that of its weights.</summary>
    public ScalarType ComputeType => conv_in.weight.dtype;

    /// <summary>Predicts noise or v.</summary>
    /// <param name="sample">Noisy latents, (B, in, h, w); any height and width of at least 1.</param>
    /// <param name="timesteps">0 to 999, whole or fractional, (B), (1) or a scalar.</param>
    /// <param name="encoderHiddenStates">Text states, (B, M, cross_attention_dim).</param>
    /// <returns>(B, out, h, w) in <see cref="ComputeType"/>, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public override Tensor forward(Tensor sample, Tensor timesteps, Tensor encoderHiddenStates)
    {
        long[] shape = sample.shape,
            states = encoderHiddenStates.shape;
        if (shape.Length != 4 || shape[1] != Config.InChannels)
        {
            throw new ArgumentException($"The latents must be (B, {Config.InChannels}, h, w), not [{string.Join(", ", shape)}].", nameof(sample));
        }

        if (states.Length != 3 || states[0] != shape[0] || states[2] != Config.CrossAttentionDim)
        {
            throw new ArgumentException(
                $"The text states must be ({shape[0]}, M, {Config.CrossAttentionDim}), not [{string.Join(", ", states)}].",
                nameof(encoderHiddenStates)
            );
        }

        using var scope = NewDisposeScope();
        var type = ComputeType;
        var context = encoderHiddenStates.to(type);
        var sinusoids = time_proj.call(timesteps.reshape(-1).expand(shape[0])).to(type);
        var time = Activation.Silu(time_embedding.call(sinusoids)); // every resnet begins with this SiLU: once is enough
        var skips = new Stack<Tensor>();
        var hidden = conv_in.call(sample.to(type));
        skips.Push(hidden);
        foreach (var block in down_blocks)
        {
            hidden = block.call(hidden, time, context, skips);
        }

        hidden = mid_block.call(hidden, time, context);
        foreach (var block in up_blocks)
        {
            hidden = HiddenState.Replace(hidden, block.call(hidden, time, context, skips), sample);
        }

        return conv_out.call(Activation.Silu(conv_norm_out.call(hidden))).MoveToOuterDisposeScope();
    }
}
