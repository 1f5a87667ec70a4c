using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// softmax(Q K^T / sqrt(d)) V tile by tile, with a running maximum and sum a row (Dao et al. 2022, FlashAttention), so that no score matrix is ever in memory.
/// Scores, maxima and sums are float32 for either type of tensor.
/// </summary>
internal static unsafe class AttentionForward
{
    // A head's queries are shared between threads in pieces of this many tiles: every piece packs the keys and values for itself.
    private const int TilesPerPiece = 16;
    private const int PartsPerThread = 4;

    // A score that has no weight beside any other, and is finite.
    private const float Lowest = -1e30f;

    /// <summary>Computes the attention.</summary>
    /// <param name="query">(B, N, heads x d), dense.</param>
    /// <param name="key">(B, M, heads x d), dense.</param>
    /// <param name="value">(B, M, heads x d), dense.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="output">(B, N, heads x d), dense.</param>
    /// <param name="logSums">(B, heads, N) float32: base-2 logarithm of each row's sum of exponentials, for the way back; or null.</param>
    public static void Run(Tensor query, Tensor key, Tensor value, long heads, Tensor output, Tensor? logSums)
    {
        var sizes = AttentionSizes.Of(query, key, heads);
        nint q = CpuTensor.Address(query),
            k = CpuTensor.Address(key),
            v = CpuTensor.Address(value),
            o = CpuTensor.Address(output);
        var sums = logSums is null ? 0 : CpuTensor.Address(logSums);
        var pieces = (sizes.QueryTiles + TilesPerPiece - 1) / TilesPerPiece;
        var isSingle = query.dtype == ScalarType.Float32;
        CpuTensor.Share(
            (long)sizes.Batch * sizes.Heads * pieces,
            1,
            (from, to) =>
            {
                if (isSingle)
                {
                    Pieces(sizes, (float*)q, (float*)k, (float*)v, (float*)o, (float*)sums, pieces, (int)from, (int)to);
                }
                else
                {
                    Pieces(sizes, (ushort*)q, (ushort*)k, (ushort*)v, (ushort*)o, (float*)sums, pieces, (int)from, (int)to);
                }
            },
            PartsPerThread
        );
    }

    private static void Pieces<T>(AttentionSizes sizes, T* query, T* key, T* value, T* output, float* logSums, int pieces, int from, int to)
        where T : unmanaged
    {
        int size = sizes.Size,
            padded = sizes.PaddedSize,
            keys = sizes.KeyTiles * AttentionSizes.KeyTile;
        const int Tile = AttentionSizes.QueryTile * AttentionSizes.KeyTile;
        using var memory = new Workspace(
            Workspace.SizeOf<T>((long)keys * size)
                + Workspace.SizeOf<T>((long)keys * padded)
                + Workspace.SizeOf<float>(Tile)
                + Workspace.SizeOf<T>(Tile)
                + Workspace.SizeOf<float>(AttentionSizes.QueryTile * padded)
                + (2 * Workspace.SizeOf<float>(AttentionSizes.QueryTile))
                + Workspace.SizeOf<T>(padded)
        );
        T* packedKeys = memory.Take<T>((long)keys * size),
            packedValues = memory.Take<T>((long)keys * padded);
        var scores = memory.Take<float>(Tile);
        var weights = memory.Take<T>(Tile);
        var sum = memory.Take<float>(AttentionSizes.QueryTile * padded);
        float* maxima = memory.Take<float>(AttentionSizes.QueryTile),
            totals = memory.Take<float>(AttentionSizes.QueryTile);
        var row = memory.Take<T>(padded);
        var packedHead = -1;
        for (var piece = from; piece < to; piece++)
        {
            var head = piece / pieces;
            if (head != packedHead)
            {
                Pack(sizes, key, value, head, packedKeys, packedValues);
                packedHead = head;
            }

            var first = piece % pieces * TilesPerPiece;
            for (var tile = first; tile < Math.Min(first + TilesPerPiece, sizes.QueryTiles); tile++)
            {
                var start = tile * AttentionSizes.QueryTile;
                var rows = sizes.QueriesOf(tile);
                new Span<float>(sum, rows * padded).Clear();
                new Span<float>(maxima, rows).Fill(float.NegativeInfinity);
                new Span<float>(totals, rows).Clear();
                for (var block = 0; block < sizes.KeyTiles; block++)
                {
                    var count = sizes.KeysOf(block);
                    var width = Tiles.Padded(count);
                    var done = (long)block * AttentionSizes.KeyTile;
                    Brgemm.Multiply(
                        rows,
                        width,
                        size,
                        query + sizes.Offset(head, sizes.Queries, start),
                        sizes.Stride,
                        packedKeys + (done * size),
                        width,
                        scores,
                        width,
                        add: false
                    );
                    for (var i = 0; i < rows; i++)
                    {
                        Soften(
                            scores + (i * width),
                            weights + (i * width),
                            count,
                            width,
                            sizes.ScaleBase2,
                            ref maxima[i],
                            ref totals[i],
                            sum + (i * padded),
                            padded
                        );
                    }

                    Brgemm.Multiply(rows, padded, width, weights, width, packedValues + (done * padded), padded, sum, padded, add: true);
                }

                for (var i = 0; i < rows; i++)
                {
                    var factor = Vector512.Create(1 / totals[i]);
                    for (var c = 0; c < padded; c += Lanes.Count)
                    {
                        Lanes.Store(Vector512.Load(sum + (i * padded) + c) * factor, row + c);
                    }

                    Unsafe.CopyBlock(output + sizes.Offset(head, sizes.Queries, start + i), row, (uint)(size * sizeof(T)));
                    if (logSums is not null)
                    {
                        logSums[((long)head * sizes.Queries) + start + i] = maxima[i] + MathF.Log2(totals[i]);
                    }
                }
            }
        }

        Brgemm.Release<T>();
    }

    private static void Pack<T>(AttentionSizes sizes, T* key, T* value, int head, T* packedKeys, T* packedValues)
        where T : unmanaged
    {
        for (var block = 0; block < sizes.KeyTiles; block++)
        {
            var count = sizes.KeysOf(block);
            var done = (long)block * AttentionSizes.KeyTile;
            var offset = sizes.Offset(head, sizes.Keys, (int)done);
            Tiles.TransposedOperand(key + offset, sizes.Stride, count, Tiles.Padded(count), sizes.Size, packedKeys + (done * sizes.Size));
            Tiles.Operand(value + offset, sizes.Stride, count, Tiles.Padded(count), sizes.Size, sizes.PaddedSize, packedValues + (done * sizes.PaddedSize));
        }
    }

    /// <summary>One row of one tile: scores to weights below a maximum that may have grown, which scales what was summed up before.</summary>
    private static void Soften<T>(float* scores, T* weights, int count, int width, float scale, ref float maximum, ref float total, float* sum, int padded)
        where T : unmanaged
    {
        // Keys that only fill up the tile get no weight.
        new Span<float>(scores + count, width - count).Fill(Lowest);
        var highest = Vector512.Create(Lowest);
        for (var i = 0; i < width; i += Lanes.Count)
        {
            highest = Vector512.MaxNative(highest, Vector512.Load(scores + i));
        }

        var half = Vector256.MaxNative(highest.GetLower(), highest.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        var top = Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3])) * scale;
        var before = maximum;
        maximum = Math.Max(before, top);
        Vector512<float> factor = Vector512.Create(scale),
            below = Vector512.Create(-maximum),
            added = Vector512<float>.Zero;
        for (var i = 0; i < width; i += Lanes.Count)
        {
            var weight = Lanes.Exp2<T>(Vector512.FusedMultiplyAdd(Vector512.Load(scores + i), factor, below));
            added += weight;
            Lanes.Store(weight, weights + i);
        }

        var shrink = float.IsNegativeInfinity(before) ? 0 : float.Exp2(before - maximum);
        total = (total * shrink) + Vector512.Sum(added);
        if (shrink == 1)
        {
            return;
        }

        for (var i = 0; i < padded; i += Lanes.Count)
        {
            (Vector512.Load(sum + i) * shrink).Store(sum + i);
        }
    }
}
