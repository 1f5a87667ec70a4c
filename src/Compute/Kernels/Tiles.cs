using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>Copies of matrix tiles into the layouts that <see cref="Brgemm"/> takes. T is float, or ushort for bfloat16.</summary>
internal static unsafe class Tiles
{
    /// <summary>The next multiple of 16, the lanes of a vector.</summary>
    public static int Padded(int size) => (size + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    /// <summary>
    /// Rows (rows, size) as the right operand of a product over <paramref name="size"/>: their transpose, columns filled up with zeros to
    /// <paramref name="padded"/>.
    /// </summary>
    public static void TransposedOperand<T>(T* source, long stride, int rows, int padded, int size, T* target)
        where T : unmanaged
    {
        // Interleaved pairs of transposed rows are transposed words of 32 bits.
        var perWord = sizeof(uint) / sizeof(T);
        var words = size / perWord;
        var result = (uint*)target;
        for (var row = 0; row < rows; row++)
        {
            var from = (uint*)(source + (row * stride));
            for (var word = 0; word < words; word++)
            {
                result[(word * padded) + row] = from[word];
            }
        }

        for (var word = 0; word < words && rows < padded; word++)
        {
            new Span<uint>(result + (word * padded) + rows, padded - rows).Clear();
        }
    }

    /// <summary>Rows (rows, size) as the right operand of a product over the rows; both sides filled up with zeros.</summary>
    public static void Operand<T>(T* source, long stride, int rows, int paddedRows, int size, int paddedSize, T* target)
        where T : unmanaged
    {
        new Span<T>(target, paddedRows * paddedSize).Clear();
        if (typeof(T) == typeof(float))
        {
            for (var row = 0; row < rows; row++)
            {
                Unsafe.CopyBlock(target + (row * paddedSize), source + (row * stride), (uint)(size * sizeof(T)));
            }

            return;
        }

        // Pairs of rows, interleaved: one is the lower, one the upper half of 32-bit words.
        for (var row = 0; row < rows; row += 2)
        {
            var even = (ushort*)source + (row * stride);
            var odd = row + 1 < rows ? even + stride : null;
            var to = (uint*)target + (row / 2 * paddedSize);
            var i = 0;
            for (; odd is not null && i <= size - Lanes.Count; i += Lanes.Count)
            {
                (Lanes.Load(odd + i).AsUInt32() | (Lanes.Load(even + i).AsUInt32() >> 16)).Store(to + i);
            }

            for (; i < size; i++)
            {
                to[i] = even[i] | (odd is null ? 0 : (uint)odd[i] << 16);
            }
        }
    }

    /// <summary>Rows (rows, size) transposed, as a left operand: (size, padded), columns filled up with zeros.</summary>
    public static void Transposed<T>(T* source, long stride, int rows, int padded, int size, T* target)
        where T : unmanaged
    {
        new Span<T>(target, size * padded).Clear();
        for (var row = 0; row < rows; row++)
        {
            var from = source + (row * stride);
            for (var i = 0; i < size; i++)
            {
                target[(i * padded) + row] = from[i];
            }
        }
    }
}
