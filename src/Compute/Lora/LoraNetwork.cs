using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>The LoRA of a whole UNet: one <see cref="LoraAdapter"/> a module, all parameters in one flat buffer.</summary>
/// <remarks>
/// Parameters are ordered by module in the UNet's order, A before B, and named <c>MODULE.lora_A.weight</c> and <c>MODULE.lora_B.weight</c>; a DoRA's m
/// follows as <c>MODULE.lora_magnitude_vector</c>.
/// </remarks>
public sealed class LoraNetwork : IDisposable
{
    private readonly List<AdaptableLayer> _attached = [];

    private LoraNetwork(IReadOnlyList<LoraModuleShape> modules, Device? device)
    {
        Parameters = new FlatParameters([.. modules.SelectMany(ShapesOf)], device);
        Adapters =
        [
            .. modules.Select(m => new LoraAdapter(
                m.Module,
                Parameters[NameOfA(m.Module)],
                Parameters[NameOfB(m.Module)],
                m.Alpha,
                m.Dora ? new RowLengths(Parameters[NameOfMagnitude(m.Module)]) : null
            )),
        ];
    }

    /// <summary>Whether it is a DoRA, which learns the lengths of rows as well.</summary>
    public bool IsDora => Adapters.Any(adapter => adapter.Magnitude is not null);

    /// <summary>The adapters, in the UNet's order of modules.</summary>
    public IReadOnlyList<LoraAdapter> Adapters { get; }

    /// <summary>All trained tensors.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The user's LoRA scale, the same for every module; 1 in training.</summary>
    public double Multiplier
    {
        get => Adapters.Count == 0 ? 1 : Adapters[0].Multiplier;
        set
        {
            foreach (var adapter in Adapters)
            {
                adapter.Multiplier = value;
            }
        }
    }

    /// <summary>
    /// Makes a new LoRA as peft does with <c>init_lora_weights="gaussian"</c>: A normal with standard deviation 1 / r, B zero, so that it changes nothing yet.
    /// A DoRA's m is the lengths of the weights' rows.
    /// </summary>
    /// <param name="layers">The UNet's adaptable layers by full name, in its order.</param>
    /// <param name="settings">Rank, alpha and targets.</param>
    /// <param name="generator">Source of A, a CPU generator: drawn module by module, so the numbers depend on the seed alone.</param>
    /// <param name="device">Where the parameters live; null is the CPU.</param>
    /// <exception cref="InvalidInputException">A setting is out of range, or the rank is larger than a layer.</exception>
    public static LoraNetwork Create(IReadOnlyDictionary<string, AdaptableLayer> layers, LoraSettings settings, Generator generator, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        var modules = layers
            .Where(l => settings.Targets.Includes(l.Key))
            .Select(l => new LoraModuleShape(l.Key, l.Value.InFeatures, l.Value.OutFeatures, settings.Rank, settings.Alpha, l.Value.Kernel, settings.Dora))
            .ToArray();
        if (modules.Length == 0)
        {
            throw new InvalidInputException("The UNet has no layer of the chosen kinds that could carry a LoRA.", "targets");
        }

        if (Array.Find(modules, m => settings.Rank > Math.Min(m.InFeatures * m.Kernel.Aggregate(1L, (a, b) => a * b), m.OutFeatures)) is { } small)
        {
            throw new InvalidInputException(
                $"The LoRA rank {settings.Rank} is larger than the layer {small.Module} ({small.OutFeatures} x {small.InFeatures}).",
                "rank",
                "Choose a smaller rank."
            );
        }

        var network = new LoraNetwork(modules, device);
        foreach (var adapter in network.Adapters)
        {
            using var scope = NewDisposeScope();
            network.Parameters.Assign(NameOfA(adapter.Module), randn(adapter.A.shape, ScalarType.Float32, generator: generator).DivInPlace(settings.Rank));
            if (adapter.Magnitude is not null)
            {
                network.Parameters.Assign(NameOfMagnitude(adapter.Module), RowLengths.Of(layers[adapter.Module]));
            }
        }

        return network;
    }

    /// <summary>Makes a LoRA whose values are zero, of the given modules.</summary>
    internal static LoraNetwork Blank(IReadOnlyList<LoraModuleShape> modules, Device? device = null) => new(modules, device);

    /// <summary>
    /// Joins several LoRAs into one that does what they do together, by stacking their ranks: B A of the result is the sum of every scale times B A. The result
    /// has scale 1 and no gradients flow back to the parts.
    /// </summary>
    /// <param name="parts">LoRAs and their scales; modules may differ.</param>
    /// <exception cref="ArgumentException">One of them is a DoRA, whose change is no sum.</exception>
    public static LoraNetwork Combine(params IReadOnlyList<(LoraNetwork Network, double Scale)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Any(part => part.Network.IsDora))
        {
            throw new ArgumentException("A DoRA's lengths can't be joined with another LoRA's ranks; merge it instead.", nameof(parts));
        }

        var byModule = parts.SelectMany(p => p.Network.Adapters.Select(a => (Adapter: a, p.Scale))).GroupBy(p => p.Adapter.Module).ToArray();
        var device = parts.Count == 0 ? null : parts[0].Network.Parameters.Values.device;
        var result = new LoraNetwork(
            [
                .. byModule.Select(g =>
                {
                    var rank = g.Sum(p => p.Adapter.Rank);
                    return new LoraModuleShape(g.Key, g.First().Adapter.A.shape[1], g.First().Adapter.B.shape[0], rank, rank, g.First().Adapter.A.shape[2..]);
                }),
            ],
            device
        );
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var group in byModule)
        {
            result.Parameters.Assign(NameOfA(group.Key), cat([.. group.Select(p => p.Adapter.A)], 0));
            result.Parameters.Assign(NameOfB(group.Key), cat([.. group.Select(p => p.Adapter.B.Mul(p.Adapter.Alpha / p.Adapter.Rank * p.Scale))], 1));
        }

        return result;
    }

    /// <summary>Lets the adapters take over their layers. A layer has one adapter at a time.</summary>
    /// <param name="layers">The UNet's adaptable layers by full name.</param>
    /// <exception cref="ArgumentException">The UNet lacks a module of this LoRA.</exception>
    /// <exception cref="InvalidOperationException">A layer has an adapter already, or this LoRA is attached.</exception>
    public void Attach(IReadOnlyDictionary<string, AdaptableLayer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (_attached.Count > 0)
        {
            throw new InvalidOperationException("This LoRA is attached already; detach it first.");
        }

        var own = Adapters.Select(a => LayerOf(layers, a.Module)).ToArray();
        if (Array.FindIndex(own, l => l.Adapter is not null) is >= 0 and var taken)
        {
            throw new InvalidOperationException($"{Adapters[taken].Module} has an adapter already; detach that first, or join them with {nameof(Combine)}.");
        }

        for (var i = 0; i < own.Length; i++)
        {
            own[i].Adapter = Adapters[i];
        }

        _attached.AddRange(own);
    }

    /// <summary>Gives the layers back to the plain product. Does nothing when not attached.</summary>
    public void Detach()
    {
        foreach (var layer in _attached)
        {
            layer.Adapter = null;
        }

        _attached.Clear();
    }

    /// <summary>
    /// Adds scale times the change (alpha / r times B A, or a DoRA's) to copies of the weights, so that inference costs nothing extra; disposing of the
    /// result puts the original weights back, bit for bit. In bfloat16 the sum is rounded to bfloat16, where small changes are partly lost: attach the LoRA
    /// instead if that matters.
    /// </summary>
    /// <param name="layers">The UNet's adaptable layers by full name.</param>
    /// <param name="scale">The LoRA scale.</param>
    /// <exception cref="ArgumentException">The UNet lacks a module of this LoRA.</exception>
    public MergedLora MergeInto(IReadOnlyDictionary<string, AdaptableLayer> layers, double scale = 1)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new MergedLora([.. Adapters.Select(a => (LayerOf(layers, a.Module), (Func<AdaptableLayer, Tensor>)(layer => a.WeightChange(layer, scale))))]);
    }

    /// <summary>The adapter of a module, or null.</summary>
    public LoraAdapter? Find(string module) => Adapters.FirstOrDefault(a => a.Module == module);

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        foreach (var adapter in Adapters)
        {
            adapter.Lengths?.Dispose();
        }

        Parameters.Dispose();
    }

    internal static string NameOfA(string module) => module + ".lora_A.weight";

    internal static string NameOfB(string module) => module + ".lora_B.weight";

    internal static string NameOfMagnitude(string module) => module + ".lora_magnitude_vector";

    internal static AdaptableLayer LayerOf(IReadOnlyDictionary<string, AdaptableLayer> layers, string module) =>
        layers.TryGetValue(module, out var layer) ? layer : throw new ArgumentException($"The UNet has no layer {module}.", nameof(layers));

    private static IEnumerable<(string Name, long[] Shape)> ShapesOf(LoraModuleShape module)
    {
        yield return (NameOfA(module.Module), module.ShapeOfA);
        yield return (NameOfB(module.Module), module.ShapeOfB);
        if (module.Dora)
        {
            yield return (NameOfMagnitude(module.Module), [module.OutFeatures]);
        }
    }
}

/// <summary>A LoRA that is attached for as long as this lives.</summary>
public sealed class AttachedLora : ILearnedChange
{
    private readonly LoraNetwork _lora;
    private readonly IReadOnlyList<(AdaptableLayer Layer, Tensor? Weight, Tensor? Bias)> _layers;

    /// <summary>Attaches a LoRA.</summary>
    /// <param name="lora">The LoRA.</param>
    /// <param name="layers">The UNet's adaptable layers by full name.</param>
    public AttachedLora(LoraNetwork lora, IReadOnlyDictionary<string, AdaptableLayer> layers)
    {
        _lora = lora ?? throw new ArgumentNullException(nameof(lora));
        lora.Attach(layers);
        _layers = [.. lora.Adapters.Select(adapter => (LoraNetwork.LayerOf(layers, adapter.Module), (Tensor?)null, (Tensor?)null))];
    }

    /// <inheritdoc/>
    public IDisposable Suspend() => new SuspendedLayers(_layers);

    /// <inheritdoc/>
    public void Dispose() => _lora.Detach();
}

/// <summary>One module of a LoRA before it has values.</summary>
/// <param name="Module">The module's full name in the UNet.</param>
/// <param name="InFeatures">Size of the layer's input.</param>
/// <param name="OutFeatures">Size of the layer's output.</param>
/// <param name="Rank">Rank r.</param>
/// <param name="Alpha">Alpha; the scale is alpha / r.</param>
/// <param name="Kernel">A convolution's (height, width); empty for a linear layer.</param>
/// <param name="Dora">Whether the lengths of the changed weight's rows are learned as well.</param>
internal sealed record LoraModuleShape(string Module, long InFeatures, long OutFeatures, long Rank, double Alpha, IReadOnlyList<long> Kernel, bool Dora = false)
{
    /// <summary>A's sizes: (r, in) or (r, in, kh, kw).</summary>
    public long[] ShapeOfA => [Rank, InFeatures, .. Kernel];

    /// <summary>B's sizes: (out, r) or (out, r, 1, 1).</summary>
    public long[] ShapeOfB => [OutFeatures, Rank, .. Kernel.Select(_ => 1L)];
}
