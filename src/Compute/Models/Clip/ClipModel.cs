using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Both towers and their joint space (transformers' <c>CLIPModel</c>): T(.) and I(.) of the method.</summary>
public sealed class ClipModel : Module
{
    [ComponentName(Name = nameof(logit_scale))]
    private Parameter _logit_scale;
    private readonly ClipTextTransformer text_model;
    private readonly ClipVisionTransformer vision_model;
    private readonly AdaptableLinear visual_projection;
    private readonly AdaptableLinear text_projection;

    /// <summary>Creates the model on the meta device: without memory, until weights are loaded.</summary>
    /// <param name="config">The model's configuration, already checked.</param>
    public ClipModel(ClipConfig config)
        : base(nameof(ClipModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        _logit_scale = Blank.Parameter();
        text_model = new ClipTextTransformer(config.Text);
        vision_model = new ClipVisionTransformer(config.Vision);
        visual_projection = Blank.Linear(config.Vision.HiddenSize, config.ProjectionDim, hasBias: false);
        text_projection = Blank.Linear(config.Text.HiddenSize, config.ProjectionDim, hasBias: false);
        RegisterComponents();
    }

    /// <summary>The model's configuration.</summary>
    public ClipConfig Config { get; }

    /// <summary>Logarithm of the factor between cosines and logits, a scalar.</summary>
    public Parameter logit_scale
    {
        get => _logit_scale;
        set
        {
            _logit_scale.Dispose();
            _logit_scale = value.Kept();
            ConditionallyRegisterParameter(nameof(logit_scale), _logit_scale);
        }
    }

    /// <summary>The token table, (vocab_size, hidden_size): frozen, and owned by the model.</summary>
    public Tensor TokenTable => text_model.TokenTable;

    /// <summary>T(.): texts in the joint space, pooled at the first end token.</summary>
    /// <param name="ids">Token ids, (B, L) int64; <c>vocab_size + j</c> is row j of <paramref name="learnedVectors"/>.</param>
    /// <param name="learnedVectors">Learned tokens, (rows, hidden_size), which gradients reach; or null.</param>
    /// <param name="eosId">The tokenizer's end token.</param>
    /// <returns>(B, projection_dim), not normalised, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape or an id does not fit.</exception>
    public Tensor TextFeatures(Tensor ids, Tensor? learnedVectors, long eosId)
    {
        using var scope = NewDisposeScope();
        var hidden = text_model.call(ids, learnedVectors, 0);
        return text_projection.call(ClipPooling.AtFirst(hidden, ids, eosId)).MoveToOuterDisposeScope();
    }

    /// <summary>I(.): pictures in the joint space.</summary>
    /// <param name="pixels">Preprocessed pictures, (B, 3, S, S) with S the configuration's image_size.</param>
    /// <returns>(B, projection_dim), not normalised, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public Tensor ImageFeatures(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return visual_projection.call(vision_model.Pool(ImageStates(pixels))).MoveToOuterDisposeScope();
    }

    /// <summary>States of all patches in front of the last norm.</summary>
    /// <param name="pixels">Preprocessed pictures, (B, 3, S, S).</param>
    /// <returns>(B, 1 + patches, width), in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    internal Tensor ImageStates(Tensor pixels)
    {
        long[] shape = pixels.shape;
        var vision = Config.Vision;
        if (shape.Length != 4 || shape[1] != vision.NumChannels || shape[2] != vision.ImageSize || shape[3] != vision.ImageSize)
        {
            throw new ArgumentException(
                $"Pictures must be (B, {vision.NumChannels}, {vision.ImageSize}, {vision.ImageSize}), not [{string.Join(", ", shape)}].",
                nameof(pixels)
            );
        }

        return vision_model.call(pixels);
    }
}
