using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>A table of rows looked up by number. torch's own <c>Embedding</c> is native, so its weight can't be assigned without a copy.</summary>
internal sealed class EmbeddingTable : Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(weight))]
    private Parameter _weight;

    /// <summary>Creates the table without memory.</summary>
    public EmbeddingTable(long rows, long size)
        : base(nameof(EmbeddingTable))
    {
        _weight = Blank.Parameter(rows, size);
        RegisterComponents();
    }

    /// <summary>The table, (rows, size).</summary>
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

    /// <summary>ids (...) int64 -> (..., size).</summary>
    public override Tensor forward(Tensor ids)
    {
        using var flat = ids.reshape(-1);
        using var rows = _weight.index_select(0, flat);
        return rows.view([.. ids.shape, _weight.shape[1]]);
    }
}
