using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>The text tower (transformers' <c>CLIPTextTransformer</c>): causal, no mask of the padding.</summary>
internal sealed class ClipTextTransformer : Module<Tensor, Tensor?, int, Tensor>
{
    private readonly ClipTextEmbeddings embeddings;
    private readonly ClipEncoder encoder;
    private readonly LayerNorm final_layer_norm;
    private readonly int _layers;

    /// <summary>Creates the tower without memory.</summary>
    public ClipTextTransformer(ClipTextConfig config)
        : base(nameof(ClipTextTransformer))
    {
        _layers = config.NumHiddenLayers;
        embeddings = new ClipTextEmbeddings(config);
        encoder = new ClipEncoder(
            config.NumHiddenLayers,
            () =>
                new ClipEncoderLayer(
                    config.HiddenSize,
                    config.IntermediateSize,
                    config.NumAttentionHeads,
                    config.HiddenAct,
                    config.LayerNormEps,
                    isCausal: true
                )
        );
        final_layer_norm = Blank.LayerNorm(config.HiddenSize, config.LayerNormEps);
        RegisterComponents();
    }

    /// <summary>The token table, (vocabulary, width).</summary>
    public Tensor TokenTable => embeddings.TokenTable;

    /// <summary>ids (B, L), learned vectors (rows, width) or null, last layers to leave out -> (B, L, width) after the final norm.</summary>
    public override Tensor forward(Tensor ids, Tensor? learnedVectors, int skipped)
    {
        if (skipped < 0 || skipped >= _layers)
        {
            throw new ArgumentOutOfRangeException(nameof(skipped), skipped, $"From 0 to {_layers - 1} layers can be left out.");
        }

        using var embedded = embeddings.call(ids, learnedVectors);
        using var hidden = encoder.call(embedded, skipped);
        return final_layer_norm.call(hidden);
    }
}
