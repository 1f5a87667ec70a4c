using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>
/// A linear layer or a convolution that an adapter can take over at run time. Its parameters carry the keys of torch's own layers (<c>weight</c>, <c>bias</c>),
/// so checkpoints load as they are; the adapter is no part of the module's state.
/// </summary>
public abstract class AdaptableLayer : Module<Tensor, Tensor>
{
    private Parameter _weight;
    private Parameter? _bias;

    /// <summary>Creates the layer on the meta device: without memory, until weights are assigned.</summary>
    /// <param name="name">The layer's kind.</param>
    /// <param name="inFeatures">Features, or channels, of the input, 1 or more.</param>
    /// <param name="outFeatures">Features, or channels, of the output, 1 or more.</param>
    /// <param name="kernel">A convolution's (height, width); empty for a linear layer.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    private protected AdaptableLayer(string name, long inFeatures, long outFeatures, long[] kernel, bool hasBias)
        : base(name)
    {
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
        Kernel = kernel;
        _weight = Blank.Parameter([outFeatures, inFeatures, .. kernel]);
        ConditionallyRegisterParameter(nameof(weight), _weight);
        if (hasBias)
        {
            _bias = Blank.Parameter(outFeatures);
            ConditionallyRegisterParameter(nameof(bias), _bias);
        }
    }

    /// <summary>Features, or channels, of the input.</summary>
    public long InFeatures { get; }

    /// <summary>Features, or channels, of the output.</summary>
    public long OutFeatures { get; }

    /// <summary>A convolution's (height, width); empty for a linear layer.</summary>
    public IReadOnlyList<long> Kernel { get; }

    /// <summary>What runs instead of the plain layer; null (the start) is the plain layer. The layer does not own it.</summary>
    public ILayerAdapter? Adapter { get; set; }

    /// <summary>The weight, (out, in) or (out, in, kh, kw). The layer owns what is assigned and disposes of what was there.</summary>
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

    /// <summary>The layers of a model that can be adapted, by their full names, in the model's order.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyDictionary<string, AdaptableLayer> Of(Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var found = new OrderedDictionary<string, AdaptableLayer>();
        Collect(model, string.Empty);
        return found;

        void Collect(Module parent, string prefix)
        {
            foreach (var (name, child) in parent.named_children())
            {
                if (child is AdaptableLayer layer)
                {
                    found.Add(prefix + name, layer);
                }
                else
                {
                    Collect(child, $"{prefix}{name}.");
                }
            }
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Adapter is { } adapter ? adapter.Forward(this, input) : Run(input, _weight, _bias);

    /// <summary>The layer's operation with another weight, such as the first of a low-rank pair.</summary>
    /// <param name="input">What the layer takes.</param>
    /// <param name="other">The weight, of any number of outputs.</param>
    /// <param name="otherBias">The bias, or null.</param>
    public abstract Tensor Run(Tensor input, Tensor other, Tensor? otherBias);

    /// <summary>Mixes features at each place of an output: the second of a low-rank pair.</summary>
    /// <param name="input">What <see cref="Run"/> gives.</param>
    /// <param name="other">(out, r), or (out, r, 1, 1) for a convolution.</param>
    public abstract Tensor Mix(Tensor input, Tensor other);
}

/// <summary>What an <see cref="AdaptableLayer"/> runs instead of its plain operation: a LoRA, or any other change of a frozen layer.</summary>
public interface ILayerAdapter
{
    /// <summary>Computes the adapted layer.</summary>
    /// <param name="layer">The layer, with its frozen weight and bias.</param>
    /// <param name="input">What the layer takes, of the weight's element type.</param>
    /// <returns>What the layer gives, of the input's element type, in the caller's dispose scope.</returns>
    Tensor Forward(AdaptableLayer layer, Tensor input);
}
