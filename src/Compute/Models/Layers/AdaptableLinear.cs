using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>
/// A linear layer that an adapter can take over at run time. Its parameters carry the keys of <c>Linear</c> (<c>weight</c>, <c>bias</c>), so checkpoints load as they are; the adapter
/// is no part of the module's state.
/// </summary>
public sealed class AdaptableLinear : Module<Tensor, Tensor>
{
    // Named for RegisterComponents as torch's own Linear names its fields.
    [ComponentName(Name = nameof(weight))]
    private Parameter _weight;

    [ComponentName(Name = nameof(bias))]
    private Parameter? _bias;

    /// <summary>Creates the layer on the meta device: without memory, until weights are assigned.</summary>
    /// <param name="inFeatures">Size of the input's last dimension, 1 or more.</param>
    /// <param name="outFeatures">Size of the output's last dimension, 1 or more.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    public AdaptableLinear(long inFeatures, long outFeatures, bool hasBias = true)
        : base(nameof(AdaptableLinear))
    {
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
        _weight = Blank.Parameter(outFeatures, inFeatures);
        if (hasBias)
        {
            _bias = Blank.Parameter(outFeatures);
        }

        RegisterComponents();
    }

    /// <summary>Size of the input's last dimension.</summary>
    public long InFeatures { get; }

    /// <summary>Size of the output's last dimension.</summary>
    public long OutFeatures { get; }

    /// <summary>What runs instead of the plain layer; null (the start) is the plain layer. The layer does not own it.</summary>
    public ILinearAdapter? Adapter { get; set; }

    /// <summary>The weight, (out, in). The layer owns what is assigned and disposes of what was there.</summary>
    public Parameter weight
    {
        get => _weight;
        set
        {
            _weight.Dispose();
            _weight = value.Kept();
            ConditionallyRegisterParameter(nameof(weight), _weight);
        }
    }

    /// <summary>The bias, (out), or null. The layer owns what is assigned and disposes of what was there.</summary>
    public Parameter? bias
    {
        get => _bias;
        set
        {
            _bias?.Dispose();
            _bias = value?.Kept();
            ConditionallyRegisterParameter(nameof(bias), _bias);
        }
    }

    /// <summary>(..., in) -> (..., out).</summary>
    public override Tensor forward(Tensor input) =>
        Adapter is { } adapter ? adapter.Forward(input, _weight, _bias) : functional.linear(input, _weight, _bias);
}
