using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Dino;

/// <summary>Self-attention with its output layer (transformers' <c>ViTAttention</c>).</summary>
internal sealed class DinoAttention : Module<Tensor, Tensor>
{
    private readonly DinoSelfAttention attention;
    private readonly DinoDense output;

    /// <summary>Creates the layers without memory.</summary>
    public DinoAttention(DinoConfig config)
        : base(nameof(DinoAttention))
    {
        attention = new DinoSelfAttention(config);
        output = new DinoDense(config.HiddenSize, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return output.call(attention.call(hidden)).MoveToOuterDisposeScope();
    }
}

/// <summary>Queries, keys and values of all heads (transformers' <c>ViTSelfAttention</c>).</summary>
internal sealed class DinoSelfAttention : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear query;
    private readonly AdaptableLinear key;
    private readonly AdaptableLinear value;
    private readonly long _heads;

    /// <summary>Creates the layers without memory.</summary>
    public DinoSelfAttention(DinoConfig config)
        : base(nameof(DinoSelfAttention))
    {
        _heads = config.NumAttentionHeads;
        query = Blank.Linear(config.HiddenSize, config.HiddenSize, config.QkvBias);
        key = Blank.Linear(config.HiddenSize, config.HiddenSize, config.QkvBias);
        value = Blank.Linear(config.HiddenSize, config.HiddenSize, config.QkvBias);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return AttentionKernel.Attend(query.call(hidden), key.call(hidden), value.call(hidden), _heads).MoveToOuterDisposeScope();
    }
}

/// <summary>A linear layer under the name that transformers gives it.</summary>
internal sealed class DinoDense : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear dense;

    /// <summary>Creates the layer without memory.</summary>
    public DinoDense(long inFeatures, long outFeatures)
        : base(nameof(DinoDense))
    {
        dense = Blank.Linear(inFeatures, outFeatures);
        RegisterComponents();
    }

    /// <summary>(B, N, in) -> (B, N, out).</summary>
    public override Tensor forward(Tensor hidden) => dense.call(hidden);
}
