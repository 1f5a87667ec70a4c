using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>The transformer's two-layer network of four times the width (diffusers' <c>FeedForward</c>).</summary>
internal sealed class FeedForward : Module<Tensor, Tensor>
{
    private readonly ModuleList<Module<Tensor, Tensor>> net;

    /// <summary>Creates the layer without memory.</summary>
    public FeedForward(long width)
        : base(nameof(FeedForward))
    {
        // The entry in the middle is diffusers' dropout: it has no weights, but the last layer's key is net.2.
        net = new ModuleList<Module<Tensor, Tensor>>(new GeGlu(width, 4 * width), Identity(), Blank.Linear(4 * width, width));
        RegisterComponents();
    }

    /// <summary>(..., width) -> (..., width).</summary>
    public override Tensor forward(Tensor input)
    {
        using var gated = net[0].call(input);
        return net[2].call(gated);
    }
}
