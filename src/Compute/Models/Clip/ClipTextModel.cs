using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Stable Diffusion's text encoder (transformers' <c>CLIPTextModel</c>).</summary>
public sealed class ClipTextModel : Module<Tensor, Tensor?, Tensor>
{
    private readonly ClipTextTransformer text_model;

    /// <summary>Creates the model on the meta device: without memory, until weights are loaded.</summary>
    /// <param name="config">The model's configuration, already checked.</param>
    public ClipTextModel(ClipTextConfig config)
        : base(nameof(ClipTextModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        text_model = new ClipTextTransformer(config);
        RegisterComponents();
        AdaptableLayers = AdaptableLayer.Of(this);
    }

    /// <summary>The model's configuration.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>Every linear layer by its full name, such as <c>text_model.encoder.layers.0.self_attn.q_proj</c>, in the model's order.</summary>
    public IReadOnlyDictionary<string, AdaptableLayer> AdaptableLayers { get; }

    /// <summary>The token table, (vocab_size, hidden_size): frozen, and owned by the model.</summary>
    public Tensor TokenTable => text_model.TokenTable;

    /// <summary>Text states for the UNet.</summary>
    /// <param name="ids">Token ids, (B, L) int64, L up to max_position_embeddings; <c>vocab_size + j</c> is row j of <paramref name="learnedVectors"/>.</param>
    /// <param name="learnedVectors">Learned tokens, (rows, hidden_size), which gradients reach; or null.</param>
    /// <returns>The last hidden state after the final norm, (B, L, hidden_size), in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape or an id does not fit.</exception>
    public override Tensor forward(Tensor ids, Tensor? learnedVectors) => text_model.call(ids, learnedVectors, 0);

    /// <summary>Text states without the last layers ("clip skip"): the final norm of an earlier layer's output.</summary>
    /// <param name="ids">Token ids, as in <see cref="forward"/>.</param>
    /// <param name="learnedVectors">Learned tokens, as in <see cref="forward"/>.</param>
    /// <param name="skippedLayers">Last layers to leave out, as diffusers counts: 0 is the plain output, 1 is what other tools call "clip skip 2".</param>
    /// <returns>(B, L, hidden_size), in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape, an id or the number of layers does not fit.</exception>
    public Tensor Encode(Tensor ids, Tensor? learnedVectors, int skippedLayers) => text_model.call(ids, learnedVectors, skippedLayers);
}
