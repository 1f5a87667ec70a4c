using OrleansOneShot.Compute.Kernels;
using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>A linear layer whose second half gates the first through the exact GELU (diffusers' <c>GEGLU</c>).</summary>
internal sealed class GeGlu : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear proj;

    /// <summary>Creates the layer without memory.</summary>
    public GeGlu(long inSize, long outSize)
        : base(nameof(GeGlu))
    {
        proj = Blank.Linear(inSize, 2 * outSize);
        RegisterComponents();
    }

    /// <summary>(..., in) -> (..., out).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var both = proj.call(input);
        if (CpuTensor.Accepts(both) && GegluKernel.AcceptsRow(both.shape[^1]))
        {
            return GegluFunction.Apply(both).MoveToOuterDisposeScope();
        }

        var halves = both.chunk(2, -1);
        return halves[0].mul(functional.gelu(halves[1])).MoveToOuterDisposeScope();
    }
}
