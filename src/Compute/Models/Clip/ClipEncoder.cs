using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>The stack of layers of a tower (transformers' <c>CLIPEncoder</c>).</summary>
internal sealed class ClipEncoder : Module<Tensor, int, Tensor>
{
    private readonly ModuleList<ClipEncoderLayer> layers;

    /// <summary>Creates the stack without memory.</summary>
    public ClipEncoder(int count, Func<ClipEncoderLayer> create)
        : base(nameof(ClipEncoder))
    {
        layers = new ModuleList<ClipEncoderLayer>([.. Enumerable.Range(0, count).Select(_ => create())]);
        RegisterComponents();
    }

    /// <summary>(B, N, width), number of last layers to leave out -> (B, N, width).</summary>
    public override Tensor forward(Tensor input, int skipped)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        for (var i = 0; i < layers.Count - skipped; i++)
        {
            hidden = HiddenState.Replace(hidden, layers[i].call(hidden), input);
        }

        return hidden.MoveToOuterDisposeScope();
    }
}
