using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// LoRAs of any form that act on a model for as long as this lives. Where a layer computes in float32, its change is added to a copy of the weight, so that
/// drawing costs nothing extra; in bfloat16 small changes would be lost to rounding there, so they are computed beside it.
/// </summary>
public sealed class AppliedLora : ILearnedChange
{
    private readonly List<MergedLora> _merged = [];
    private readonly List<AdaptableLayer> _adapted = [];
    private readonly List<BesideAdapter> _beside = [];
    private readonly List<(AdaptableLayer Layer, Tensor Original)> _biases = [];

    private AppliedLora() { }

    /// <summary>Applies LoRAs; what several of them change is changed by their sum.</summary>
    /// <param name="unet">The UNet.</param>
    /// <param name="textEncoder">The text encoder.</param>
    /// <param name="parts">LoRAs that were read for these two, and their scales. They may be disposed of afterwards.</param>
    /// <returns>What undoes it when it is disposed of.</returns>
    /// <exception cref="InvalidInputException">A change is so large that it is no number any more.</exception>
    public static AppliedLora Apply(UNet2DConditionModel unet, ClipTextModel textEncoder, IReadOnlyList<(LoadedLora Lora, double Scale)> parts)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(textEncoder);
        ArgumentNullException.ThrowIfNull(parts);
        return Apply([
            (unet.AdaptableLayers, [.. parts.SelectMany(p => p.Lora.UNet.Select(c => (c, p.Scale)))]),
            (textEncoder.AdaptableLayers, [.. parts.SelectMany(p => p.Lora.TextEncoder.Select(c => (c, p.Scale)))]),
        ]);
    }

    /// <summary>Applies changes to the layers of models.</summary>
    internal static AppliedLora Apply(
        IReadOnlyList<(IReadOnlyDictionary<string, AdaptableLayer> Layers, IReadOnlyList<(LoraChange Change, double Scale)> Changes)> models
    )
    {
        var applied = new AppliedLora();
        try
        {
            using var guard = no_grad();
            foreach (var (layers, changes) in models)
            {
                var byLayer = changes.GroupBy(c => c.Change.Module).Select(g => (Layer: LoraNetwork.LayerOf(layers, g.Key), Changes: g.ToArray())).ToArray();
                applied._merged.Add(
                    new MergedLora([
                        .. byLayer
                            .Where(l => Merges(l.Layer) && HasWeight(l.Changes))
                            .Select(l => (l.Layer, (Func<AdaptableLayer, Tensor>)(layer => Sum(layer, l.Changes)))),
                    ])
                );
                foreach (var (layer, own) in byLayer)
                {
                    applied.AddBias(layer, own);
                    if (!Merges(layer) && HasWeight(own))
                    {
                        applied.PutBeside(layer, own);
                    }
                }
            }

            return applied;
        }
        catch
        {
            applied.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IDisposable Suspend()
    {
        var weights = _merged.SelectMany(merged => merged.Originals).ToDictionary(one => one.Layer, one => one.Original);
        var biases = _biases.ToDictionary(one => one.Layer, one => one.Original);
        return new SuspendedLayers(
            weights
                .Keys.Concat(biases.Keys)
                .Concat(_adapted)
                .Distinct()
                .Select(layer => (layer, weights.GetValueOrDefault(layer), biases.GetValueOrDefault(layer)))
        );
    }

    /// <summary>Gives every layer back as it was, bit for bit.</summary>
    public void Dispose()
    {
        foreach (var layer in _adapted)
        {
            layer.Adapter = null;
        }

        foreach (var adapter in _beside)
        {
            adapter.Dispose();
        }

        foreach (var merged in Enumerable.Reverse(_merged))
        {
            merged.Dispose();
        }

        foreach (var (layer, original) in _biases)
        {
            layer.bias = new Parameter(original, requires_grad: false);
            original.Dispose();
        }

        _adapted.Clear();
        _beside.Clear();
        _merged.Clear();
        _biases.Clear();
    }

    private static bool Merges(AdaptableLayer layer) => layer.weight.dtype == ScalarType.Float32;

    private static bool HasWeight((LoraChange Change, double Scale)[] changes) => changes.Any(c => c.Change.Delta is not null);

    // Low-rank pairs are joined by stacking their ranks, as LoraNetwork.Combine does it.
    private static (Tensor A, Tensor B)? Pair(AdaptableLayer layer, (LoraChange Change, double Scale)[] changes)
    {
        var pairs = changes
            .Where(c => c.Change.LowRank is not null)
            .Select(c => (Pair: c.Change.LowRank!.Pair(layer.weight.shape, layer.weight.device), Scale: c.Change.LowRank.Scale * c.Scale))
            .ToArray();
        return pairs.Length == 0 ? null : (cat([.. pairs.Select(p => p.Pair.A)], 0), cat([.. pairs.Select(p => p.Pair.B.Mul(p.Scale))], 1));
    }

    private static Tensor? Dense(AdaptableLayer layer, (LoraChange Change, double Scale)[] changes) =>
        changes
            .Where(c => c.Change.LowRank is null)
            .Select(c => c.Change.WeightChange(layer, c.Scale))
            .OfType<Tensor>()
            .Aggregate((Tensor?)null, (sum, next) => sum is null ? next : sum.AddInPlace(next));

    private static Tensor Sum(AdaptableLayer layer, (LoraChange Change, double Scale)[] changes)
    {
        using var scope = NewDisposeScope();
        var dense = Dense(layer, changes);
        var sum = Pair(layer, changes) is var (a, b) ? LoraAdapter.Product(b, a) : null;
        return Finite(
                sum is null ? dense!
                    : dense is null ? sum
                    : sum.AddInPlace(dense),
                changes
            )
            .MoveToOuterDisposeScope();
    }

    private static Tensor Finite(Tensor change, (LoraChange Change, double Scale)[] changes)
    {
        if (change.IsAllFinite())
        {
            return change;
        }

        var last = changes[^1].Change;
        throw new InvalidInputException(
            $"{last.Source} changes {last.Module} by more than a number can hold.",
            last.Source,
            "Use a smaller scale, or an undamaged file."
        );
    }

    private void AddBias(AdaptableLayer layer, (LoraChange Change, double Scale)[] changes)
    {
        foreach (var (change, scale) in changes)
        {
            if (change.Bias is null || layer.bias is not { } bias)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            if (!_biases.Exists(b => ReferenceEquals(b.Layer, layer)))
            {
                _biases.Add((layer, bias.detach().DetachFromDisposeScope()));
            }

            var sum = change.Bias.to(ScalarType.Float32, bias.device).Mul(scale).AddInPlace(bias);
            layer.bias = new Parameter(Finite(sum, changes).to(bias.dtype), requires_grad: false);
        }
    }

    private void PutBeside(AdaptableLayer layer, (LoraChange Change, double Scale)[] changes)
    {
        if (layer.Adapter is not null)
        {
            throw new InvalidOperationException($"{changes[0].Change.Module} has an adapter already; detach that first.");
        }

        using var scope = NewDisposeScope();
        var type = layer.weight.dtype;
        var dense = Dense(layer, changes);
        var pair = Pair(layer, changes);
        foreach (var tensor in new[] { dense, pair?.A, pair?.B }.OfType<Tensor>())
        {
            Finite(tensor, changes);
        }

        var adapter = new BesideAdapter(
            pair?.A.to(type).DetachFromDisposeScope(),
            pair?.B.to(type).DetachFromDisposeScope(),
            dense?.to(type).DetachFromDisposeScope()
        );
        _beside.Add(adapter);
        layer.Adapter = adapter;
        _adapted.Add(layer);
    }

    /// <summary>Changes that are computed beside a layer: a low-rank pair, a whole change, or both.</summary>
    private sealed class BesideAdapter(Tensor? a, Tensor? b, Tensor? dense) : ILayerAdapter, IDisposable
    {
        /// <inheritdoc/>
        public Tensor Forward(AdaptableLayer layer, Tensor input)
        {
            using var scope = NewDisposeScope();
            var change = a is null ? null : layer.Mix(layer.Run(input, a, null), b!);
            if (dense is not null)
            {
                var whole = layer.Run(input, dense, null);
                change = change is null ? whole : change.AddInPlace(whole);
            }

            return change!.AddInPlace(layer.Run(input, layer.weight, layer.bias)).MoveToOuterDisposeScope();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            a?.Dispose();
            b?.Dispose();
            dense?.Dispose();
        }
    }
}
