using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// The gradients of <see cref="AttentionForward"/>. Weights are computed again from the rows' sums. Everything is held transposed (keys by queries): so the
/// rows of a tile are left operands of the products for keys and values as they stand, and a query's sums lie along the lanes.
/// </summary>
internal static unsafe class AttentionBackward
{
    private const int PartsPerThread = 4;

    /// <summary>Computes the gradients; a head is one thread's work.</summary>
    /// <param name="query">(B, N, heads x d), dense, as all that follow.</param>
    /// <param name="key">(B, M, heads x d).</param>
    /// <param name="value">(B, M, heads x d).</param>
    /// <param name="output">What the way there gave, (B, N, heads x d).</param>
    /// <param name="logSums">What the way there gave, (B, heads, N) float32.</param>
    /// <param name="gradient">The output's gradient, (B, N, heads x d).</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="ofQuery">Receives the gradient of the queries.</param>
    /// <param name="ofKey">Receives the gradient of the keys.</param>
    /// <param name="ofValue">Receives the gradient of the values.</param>
    public static void Run(
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor output,
        Tensor logSums,
        Tensor gradient,
        long heads,
        Tensor ofQuery,
        Tensor ofKey,
        Tensor ofValue
    )
    {
        var sizes = AttentionSizes.Of(query, key, heads);
        nint q = CpuTensor.Address(query),
            k = CpuTensor.Address(key),
            v = CpuTensor.Address(value),
            o = CpuTensor.Address(output),
            s = CpuTensor.Address(logSums);
        nint g = CpuTensor.Address(gradient),
            dq = CpuTensor.Address(ofQuery),
            dk = CpuTensor.Address(ofKey),
            dv = CpuTensor.Address(ofValue);
        var isSingle = query.dtype == ScalarType.Float32;
        CpuTensor.Share(
            (long)sizes.Batch * sizes.Heads,
            1,
            (from, to) =>
            {
                if (isSingle)
                {
                    new Worker<float>(sizes, (float*)q, (float*)k, (float*)v, (float*)o, (float*)s, (float*)g, (float*)dq, (float*)dk, (float*)dv).Heads(
                        (int)from,
                        (int)to
                    );
                }
                else
                {
                    new Worker<ushort>(
                        sizes,
                        (ushort*)q,
                        (ushort*)k,
                        (ushort*)v,
                        (ushort*)o,
                        (float*)s,
                        (ushort*)g,
                        (ushort*)dq,
                        (ushort*)dk,
                        (ushort*)dv
                    ).Heads((int)from, (int)to);
                }
            },
            PartsPerThread
        );
    }

    /// <summary>One thread's heads.</summary>
    private sealed class Worker<T>(AttentionSizes sizes, T* query, T* key, T* value, T* output, float* logSums, T* gradient, T* ofQuery, T* ofKey, T* ofValue)
        where T : unmanaged
    {
        private const int Queries = AttentionSizes.QueryTile;
        private const int Keys = AttentionSizes.KeyTile;

        // A row's sum that no score comes near: queries that only fill up a tile get no weight.
        private const float OutOfReach = 1000;

        private readonly int _size = sizes.Size;
        private readonly int _padded = sizes.PaddedSize;

        // For every tile of queries: the queries and the output's gradient as right operands over d and over the queries, sums, and the gradient of the
        // queries, transposed.
        private T* _queriesOverSize,
            _queriesOverRows,
            _gradientsOverSize,
            _gradientsOverRows;
        private float* _sums,
            _dots,
            _queryGradients;

        // For the tile of keys at hand.
        private T* _keysTransposed;
        private float* _keyGradients,
            _valueGradients;

        // For a pair of tiles, (keys, queries).
        private float* _scores,
            _weightGradients;
        private T* _weights,
            _scoreGradients,
            _scoreGradientsOperand,
            _row;

        public void Heads(int from, int to)
        {
            long queries = (long)sizes.QueryTiles * Queries;
            using var memory = new Workspace(
                (2 * (Workspace.SizeOf<T>(queries * _size) + Workspace.SizeOf<T>(queries * _padded) + Workspace.SizeOf<float>(queries)))
                    + Workspace.SizeOf<float>(queries * _size)
                    + Workspace.SizeOf<T>(Keys * _size)
                    + (2 * Workspace.SizeOf<float>(Keys * _padded))
                    + (2 * Workspace.SizeOf<float>(Keys * Queries))
                    + (3 * Workspace.SizeOf<T>(Keys * Queries))
                    + Workspace.SizeOf<T>(_padded)
            );
            _queriesOverSize = memory.Take<T>(queries * _size);
            _gradientsOverSize = memory.Take<T>(queries * _size);
            _queriesOverRows = memory.Take<T>(queries * _padded);
            _gradientsOverRows = memory.Take<T>(queries * _padded);
            _sums = memory.Take<float>(queries);
            _dots = memory.Take<float>(queries);
            _queryGradients = memory.Take<float>(queries * _size);
            _keysTransposed = memory.Take<T>(Keys * _size);
            _keyGradients = memory.Take<float>(Keys * _padded);
            _valueGradients = memory.Take<float>(Keys * _padded);
            _scores = memory.Take<float>(Keys * Queries);
            _weightGradients = memory.Take<float>(Keys * Queries);
            _weights = memory.Take<T>(Keys * Queries);
            _scoreGradients = memory.Take<T>(Keys * Queries);
            _scoreGradientsOperand = memory.Take<T>(Keys * Queries);
            _row = memory.Take<T>(_padded);
            for (var head = from; head < to; head++)
            {
                PackQueries(head);
                new Span<float>(_queryGradients, sizes.QueryTiles * Queries * _size).Clear();
                for (var block = 0; block < sizes.KeyTiles; block++)
                {
                    KeyTile(head, block);
                }

                StoreQueries(head);
            }

            Brgemm.Release<T>();
        }

        private void PackQueries(int head)
        {
            for (var tile = 0; tile < sizes.QueryTiles; tile++)
            {
                var (start, rows) = (tile * Queries, sizes.QueriesOf(tile));
                var offset = sizes.Offset(head, sizes.Queries, start);
                Tiles.TransposedOperand(query + offset, sizes.Stride, rows, Queries, _size, _queriesOverSize + (start * _size));
                Tiles.TransposedOperand(gradient + offset, sizes.Stride, rows, Queries, _size, _gradientsOverSize + (start * _size));
                Tiles.Operand(query + offset, sizes.Stride, rows, Queries, _size, _padded, _queriesOverRows + (start * _padded));
                Tiles.Operand(gradient + offset, sizes.Stride, rows, Queries, _size, _padded, _gradientsOverRows + (start * _padded));
                for (var i = 0; i < Queries; i++)
                {
                    _sums[start + i] = i < rows ? logSums[((long)head * sizes.Queries) + start + i] : OutOfReach;
                    _dots[start + i] = i < rows ? Dot(gradient + offset + (i * sizes.Stride), output + offset + (i * sizes.Stride)) : 0;
                }
            }
        }

        private float Dot(T* a, T* b)
        {
            var lanes = Vector512<float>.Zero;
            var i = 0;
            for (; i <= _size - Lanes.Count; i += Lanes.Count)
            {
                lanes = Vector512.FusedMultiplyAdd(Lanes.Load(a + i), Lanes.Load(b + i), lanes);
            }

            var sum = Vector512.Sum(lanes);
            for (; i < _size; i++)
            {
                sum += Lanes.ToSingle(a[i]) * Lanes.ToSingle(b[i]);
            }

            return sum;
        }

        private void KeyTile(int head, int block)
        {
            var (start, count) = (block * Keys, sizes.KeysOf(block));
            var even = count + (count % 2);
            var offset = sizes.Offset(head, sizes.Keys, start);
            T* keys = key + offset,
                values = value + offset;
            Tiles.Transposed(keys, sizes.Stride, count, even, _size, _keysTransposed);
            new Span<float>(_keyGradients, count * _padded).Clear();
            new Span<float>(_valueGradients, count * _padded).Clear();
            for (var tile = 0; tile < sizes.QueryTiles; tile++)
            {
                var first = tile * Queries;
                Brgemm.Multiply(count, Queries, _size, keys, sizes.Stride, _queriesOverSize + (first * _size), Queries, _scores, Queries, add: false);
                Brgemm.Multiply(
                    count,
                    Queries,
                    _size,
                    values,
                    sizes.Stride,
                    _gradientsOverSize + (first * _size),
                    Queries,
                    _weightGradients,
                    Queries,
                    add: false
                );
                Differentiate(count, _sums + first, _dots + first);
                Brgemm.Multiply(
                    count,
                    _padded,
                    Queries,
                    _weights,
                    Queries,
                    _gradientsOverRows + (first * _padded),
                    _padded,
                    _valueGradients,
                    _padded,
                    add: true
                );
                Brgemm.Multiply(
                    count,
                    _padded,
                    Queries,
                    _scoreGradients,
                    Queries,
                    _queriesOverRows + (first * _padded),
                    _padded,
                    _keyGradients,
                    _padded,
                    add: true
                );
                var operand = typeof(T) == typeof(float) ? _scoreGradients : _scoreGradientsOperand;
                var depth = typeof(T) == typeof(float) ? count : even;
                Brgemm.Multiply(_size, Queries, depth, _keysTransposed, even, operand, Queries, _queryGradients + (first * _size), Queries, add: true);
            }

            for (var i = 0; i < count; i++)
            {
                Store(_keyGradients + (i * _padded), sizes.Scale, ofKey + offset + (i * sizes.Stride));
                Store(_valueGradients + (i * _padded), 1, ofValue + offset + (i * sizes.Stride));
            }
        }

        /// <summary>For a pair of tiles: the weights, and the gradient of the scores but for the factor 1 / sqrt(d).</summary>
        private void Differentiate(int count, float* sums, float* dots)
        {
            var scale = Vector512.Create(sizes.ScaleBase2);
            float* scores = _scores,
                weightGradients = _weightGradients;
            T* weights = _weights,
                changes = _scoreGradients;
            var operand = (ushort*)_scoreGradientsOperand;
            for (var column = 0; column < Queries; column += Lanes.Count)
            {
                Vector512<float> below = -Vector512.Load(sums + column),
                    dot = Vector512.Load(dots + column);
                var i = 0;
                for (; i < count - 1; i += 2)
                {
                    var at = (i * Queries) + column;
                    var first = Change(scores + at, weightGradients + at, scale, below, dot, weights + at, changes + at);
                    at += Queries;
                    var second = Change(scores + at, weightGradients + at, scale, below, dot, weights + at, changes + at);
                    if (typeof(T) == typeof(ushort))
                    {
                        Lanes.StoreInterleaved(first, second, operand + (i * Queries) + (2 * column));
                    }
                }

                if (i < count)
                {
                    var at = (i * Queries) + column;
                    var last = Change(scores + at, weightGradients + at, scale, below, dot, weights + at, changes + at);
                    if (typeof(T) == typeof(ushort))
                    {
                        Lanes.StoreInterleaved(last, Vector512<float>.Zero, operand + (i * Queries) + (2 * column));
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Change(
            float* score,
            float* weightGradient,
            Vector512<float> scale,
            Vector512<float> below,
            Vector512<float> dot,
            T* weightTarget,
            T* changeTarget
        )
        {
            var weight = Lanes.Exp2<T>(Vector512.FusedMultiplyAdd(Vector512.Load(score), scale, below));
            var change = weight * (Vector512.Load(weightGradient) - dot);
            Lanes.Store(weight, weightTarget);
            Lanes.Store(change, changeTarget);
            return change;
        }

        private void StoreQueries(int head)
        {
            var line = stackalloc float[_padded];
            for (var row = 0; row < sizes.Queries; row++)
            {
                var column = _queryGradients + (row / Queries * Queries * _size) + (row % Queries);
                for (var i = 0; i < _size; i++)
                {
                    line[i] = column[i * Queries];
                }

                Store(line, sizes.Scale, ofQuery + sizes.Offset(head, sizes.Queries, row));
            }
        }

        private void Store(float* source, float factor, T* target)
        {
            for (var i = 0; i < _padded; i += Lanes.Count)
            {
                Lanes.Store(Vector512.Load(source + i) * factor, _row + i);
            }

            Unsafe.CopyBlock(target, _row, (uint)(_size * sizeof(T)));
        }
    }
}
