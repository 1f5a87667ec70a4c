using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>One layer under several LoRAs, a row of the batch each: the frozen product is shared, the thin ones are batched over the rows.</summary>
internal sealed class RowLoraAdapter : ILayerAdapter
{
    private readonly IReadOnlyList<LoraAdapter?> _adapters;
    private readonly RowAssignment _assignment;
    private readonly long _rank;

    /// <param name="adapters">By index; null where a LoRA leaves this layer alone.</param>
    /// <param name="assignment">Which adapter each row takes.</param>
    public RowLoraAdapter(IReadOnlyList<LoraAdapter?> adapters, RowAssignment assignment)
    {
        _adapters = adapters;
        _assignment = assignment;
        _rank = adapters.Max(a => a?.Rank ?? 0);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch has another number of rows than were assigned.</exception>
    public Tensor Forward(AdaptableLayer layer, Tensor input)
    {
        var rows = _assignment.Rows;
        long[] shape = input.shape;
        if (shape.Length < 2 || shape[0] != rows.Length)
        {
            throw new ArgumentException(
                $"The batch [{string.Join(", ", shape)}] must have one row for each of the {rows.Length} assigned adapters.",
                nameof(input)
            );
        }

        using var scope = NewDisposeScope();
        var plain = layer.Run(input, layer.weight, layer.bias);
        var type = input.dtype;
        var chosen = rows.Select(r => r < 0 ? null : _adapters[r]).ToArray();
        if (Array.TrueForAll(chosen, c => c is null))
        {
            return plain.MoveToOuterDisposeScope();
        }

        if (layer.Kernel.Count > 0)
        {
            // A row's convolution is its own: each runs by itself.
            return plain.Add(cat([.. chosen.Select((c, i) => Change(layer, c, input.narrow(0, i, 1), plain.narrow(0, i, 1)))])).MoveToOuterDisposeScope();
        }

        var a = stack([.. chosen.Select(c => Down(c, shape[^1], input.device))]).to(type); // (B, r, in)
        var b = stack([.. chosen.Select(c => Up(c, plain.shape[^1], input.device))]).to(type); // (B, out, r)
        var change = bmm(bmm(input.reshape(shape[0], -1, shape[^1]), a.transpose(1, 2)), b.transpose(1, 2)); // (B, N, out)
        return plain.Add(change.view(plain.shape)).MoveToOuterDisposeScope();
    }

    private static Tensor Change(AdaptableLayer layer, LoraAdapter? adapter, Tensor row, Tensor plain) =>
        adapter is null ? zeros_like(plain) : layer.Mix(layer.Run(row, adapter.A.to(row.dtype), null), adapter.B.Mul(adapter.Scale).to(row.dtype));

    // Smaller ranks are filled up with zeros, which change neither the product nor a gradient.
    private Tensor Down(LoraAdapter? adapter, long inFeatures, Device device) =>
        adapter is null ? zeros([_rank, inFeatures], ScalarType.Float32, device)
        : adapter.Rank == _rank ? adapter.A
        : nn.functional.pad(adapter.A, [0, 0, 0, _rank - adapter.Rank]);

    private Tensor Up(LoraAdapter? adapter, long outFeatures, Device device) =>
        adapter is null
            ? zeros([outFeatures, _rank], ScalarType.Float32, device)
            : (adapter.Rank == _rank ? adapter.B : nn.functional.pad(adapter.B, [0, _rank - adapter.Rank])).Mul(adapter.Scale);
}
