using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>The vision tower (transformers' <c>CLIPVisionTransformer</c>).</summary>
internal sealed class ClipVisionTransformer : Module<Tensor, Tensor>
{
    private readonly ClipVisionEmbeddings embeddings;
    private readonly LayerNorm pre_layrnorm; // the checkpoint's spelling
    private readonly ClipEncoder encoder;
    private readonly LayerNorm post_layernorm;

    /// <summary>Creates the tower without memory.</summary>
    public ClipVisionTransformer(ClipVisionConfig config)
        : base(nameof(ClipVisionTransformer))
    {
        embeddings = new ClipVisionEmbeddings(config);
        pre_layrnorm = Blank.LayerNorm(config.HiddenSize, config.LayerNormEps);
        encoder = new ClipEncoder(
            config.NumHiddenLayers,
            () =>
                new ClipEncoderLayer(
                    config.HiddenSize,
                    config.IntermediateSize,
                    config.NumAttentionHeads,
                    config.HiddenAct,
                    config.LayerNormEps,
                    isCausal: false
                )
        );
        post_layernorm = Blank.LayerNorm(config.HiddenSize, config.LayerNormEps);
        RegisterComponents();
    }

    /// <summary>(B, 3, S, S) -> (B, 1 + patches, width), in front of the last norm.</summary>
    public override Tensor forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var embedded = embeddings.call(pixels.to(embeddings.ComputeType));
        return encoder.call(pre_layrnorm.call(embedded), 0).MoveToOuterDisposeScope();
    }

    /// <summary>The normed class state of <see cref="forward"/>'s result: (B, 1 + patches, width) -> (B, width).</summary>
    public Tensor Pool(Tensor hidden)
    {
        using var first = hidden.select(1, 0);
        return post_layernorm.call(first);
    }
}
