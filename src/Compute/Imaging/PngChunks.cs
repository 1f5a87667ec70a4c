using System.Buffers.Binary;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Walks the chunks of a PNG file; ends quietly where the file does. Use with <c>foreach</c>.</summary>
internal ref struct PngChunks
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts after the signature, which the caller has checked.</summary>
    public PngChunks(ReadOnlySpan<byte> png)
    {
        _rest = png[Signature.Length..];
        Current = default;
    }

    /// <summary>The eight bytes that every PNG starts with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The chunk the walk stands at.</summary>
    public Chunk Current { get; private set; }

    /// <summary>The walk itself.</summary>
    public readonly PngChunks GetEnumerator() => this;

    /// <summary>Goes to the next chunk; the last one may be cut short by the end of the file.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < 8)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        var available = (int)Math.Min(length, (uint)_rest.Length - 8);
        Current = new Chunk(_rest.Slice(4, 4), _rest.Slice(8, available));
        var next = 12 + (long)length;
        _rest = next < _rest.Length ? _rest[(int)next..] : [];
        return true;
    }

    /// <summary>A chunk: its four-letter type and its data.</summary>
    internal readonly ref struct Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        /// <summary>The four letters.</summary>
        public ReadOnlySpan<byte> Type { get; } = type;

        /// <summary>The data, without length and checksum.</summary>
        public ReadOnlySpan<byte> Data { get; } = data;

        /// <summary>True when the chunk is of this type.</summary>
        public bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);
    }
}
