using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>Two linear layers on the sinusoids (diffusers' <c>TimestepEmbedding</c>).</summary>
internal sealed class TimestepEmbedding : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear linear_1;
    private readonly AdaptableLinear linear_2;

    /// <summary>Creates the layer without memory.</summary>
    public TimestepEmbedding(long inSize, long outSize)
        : base(nameof(TimestepEmbedding))
    {
        linear_1 = Blank.Linear(inSize, outSize);
        linear_2 = Blank.Linear(outSize, outSize);
        RegisterComponents();
    }

    /// <summary>(B, in) -> (B, out).</summary>
    public override Tensor forward(Tensor sinusoids)
    {
        using var scope = NewDisposeScope();
        return linear_2.call(Activation.Silu(linear_1.call(sinusoids))).MoveToOuterDisposeScope();
    }
}
