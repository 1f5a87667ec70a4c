using OrleansOneShot.Compute.Models.Layers;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// Several LoRAs in one batch on one frozen UNet, a row of the batch each: what several jobs, or the plain model and an adapted one, cost together is one pass.
/// Rows never mix, and no gradient crosses from a row to another row's LoRA.
/// </summary>
public sealed class RowAdapters : IDisposable
{
    private readonly List<AdaptableLayer> _attached = [];
    private readonly RowAssignment _assignment = new();
    private readonly IReadOnlyList<LoraNetwork> _networks;

    /// <summary>Prepares the LoRAs; it does not own them.</summary>
    /// <param name="networks">The LoRAs by index; ranks, scales and modules may differ. None of them may be attached itself.</param>
    /// <exception cref="ArgumentException">One of them is a DoRA.</exception>
    public RowAdapters(IReadOnlyList<LoraNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        if (networks.Any(network => network.IsDora))
        {
            throw new ArgumentException("A DoRA changes the frozen product as well, which the rows share; attach it alone.", nameof(networks));
        }

        _networks = networks;
    }

    /// <summary>Says which LoRA each row of the next batches goes through.</summary>
    /// <param name="rows">As many entries as the batch has rows: an index, or -1 for the plain UNet.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not from -1 to the number of LoRAs less one.</exception>
    public void Assign(params ReadOnlySpan<int> rows)
    {
        foreach (var row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(row, -1, nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, _networks.Count, nameof(rows));
        }

        _assignment.Rows = rows.ToArray();
    }

    /// <summary>Takes over every layer that one of the LoRAs adapts.</summary>
    /// <param name="layers">The UNet's adaptable layers by full name.</param>
    /// <exception cref="ArgumentException">The UNet lacks a module of a LoRA.</exception>
    /// <exception cref="InvalidOperationException">A layer has an adapter already.</exception>
    public void Attach(IReadOnlyDictionary<string, AdaptableLayer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var modules = _networks.SelectMany(n => n.Adapters.Select(a => a.Module)).Distinct().ToArray();
        if (Array.Find(modules, m => LoraNetwork.LayerOf(layers, m).Adapter is not null) is { } taken)
        {
            throw new InvalidOperationException($"{taken} has an adapter already; detach that first.");
        }

        foreach (var module in modules)
        {
            var layer = layers[module];
            layer.Adapter = new RowLoraAdapter([.. _networks.Select(n => n.Find(module))], _assignment);
            _attached.Add(layer);
        }
    }

    /// <summary>Gives the layers back to the plain product.</summary>
    public void Detach()
    {
        foreach (var layer in _attached)
        {
            layer.Adapter = null;
        }

        _attached.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Detach();
}

/// <summary>Which adapter each row of the batch goes through; shared by all modules of a <see cref="RowAdapters"/>.</summary>
internal sealed class RowAssignment
{
    /// <summary>For each row of the batch the adapter's index, or -1 for the plain layer.</summary>
    public int[] Rows { get; set; } = [];
}
