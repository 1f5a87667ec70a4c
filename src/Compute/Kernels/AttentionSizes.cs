using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>The sizes of an attention: queries (B, N, heads x d), keys and values (B, M, heads x d), all dense.</summary>
/// <param name="Batch">B.</param>
/// <param name="Heads">Number of heads.</param>
/// <param name="Queries">N.</param>
/// <param name="Keys">M.</param>
/// <param name="Size">d, even.</param>
internal readonly record struct AttentionSizes(int Batch, int Heads, int Queries, int Keys, int Size)
{
    /// <summary>Queries of a tile: the rows that share a pass over the keys.</summary>
    public const int QueryTile = 64;

    /// <summary>Keys of a tile. A tile of scores, in float32 and in the tensors' type, fits the second-level cache of a core.</summary>
    public const int KeyTile = 512;

    /// <summary>From one row to the next, in elements.</summary>
    public long Stride => (long)Heads * Size;

    /// <summary>d filled up to whole vectors.</summary>
    public int PaddedSize => Tiles.Padded(Size);

    /// <summary>Number of tiles of keys.</summary>
    public int KeyTiles => (Keys + KeyTile - 1) / KeyTile;

    /// <summary>Number of tiles of queries.</summary>
    public int QueryTiles => (Queries + QueryTile - 1) / QueryTile;

    /// <summary>Factor of the scores when exponentials are powers of two: log2(e) / sqrt(d).</summary>
    public float ScaleBase2 => (float)(Math.Log2(Math.E) / Math.Sqrt(Size));

    /// <summary>1 / sqrt(d).</summary>
    public float Scale => (float)(1 / Math.Sqrt(Size));

    /// <summary>Keys in a tile.</summary>
    public int KeysOf(int tile) => Math.Min(KeyTile, Keys - (tile * KeyTile));

    /// <summary>Queries in a tile.</summary>
    public int QueriesOf(int tile) => Math.Min(QueryTile, Queries - (tile * QueryTile));

    /// <summary>Where a head's row begins in a tensor of so many rows an example.</summary>
    public long Offset(int head, int rowsPerExample, int row) => (((long)(head / Heads) * rowsPerExample) + row) * Stride + ((long)(head % Heads) * Size);

    /// <summary>The sizes of three tensors.</summary>
    public static AttentionSizes Of(Tensor query, Tensor key, long heads)
    {
        long[] q = query.shape;
        return new AttentionSizes((int)q[0], (int)heads, (int)q[1], (int)key.shape[1], (int)(q[2] / heads));
    }
}
