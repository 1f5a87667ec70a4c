using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Feed-forward network of both towers (transformers' <c>CLIPMLP</c>).</summary>
internal sealed class ClipMlp : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear fc1;
    private readonly AdaptableLinear fc2;
    private readonly string _activation;

    /// <summary>Creates the layer without memory.</summary>
    public ClipMlp(long width, long inner, string activation)
        : base(nameof(ClipMlp))
    {
        _activation = activation;
        fc1 = Blank.Linear(width, inner);
        fc2 = Blank.Linear(inner, width);
        RegisterComponents();
    }

    /// <summary>(..., width) -> (..., width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return fc2.call(Activation.ByName(_activation, fc1.call(hidden))).MoveToOuterDisposeScope();
    }
}
