using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>PNGs of every colour type, depth and interlacing, which encoders of libraries don't write.</summary>
internal static class PngSeeds
{
    private static readonly (int X, int Y, int StepX, int StepY)[] s_passes =
    [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];

    /// <summary>All that the format allows.</summary>
    public static IEnumerable<byte[]> All() =>
        from depth in new[] { 1, 2, 4, 8, 16 }
        from colour in new[] { 0, 2, 3, 4, 6 }
        where (colour is 0 || (colour is 3 && depth < 16) || depth >= 8) && !(colour is 3 && depth == 16)
        from interlaced in new[] { false, true }
        select Make(20, 15, depth, colour, interlaced);

    /// <summary>Writes a chunk with its length and sum.</summary>
    public static void WriteChunk(Stream file, string kind, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(kind).CopyTo(chunk, 4);
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Sum(chunk.AsSpan(4, 4 + data.Length)));
        file.Write(chunk);
    }

    private static byte[] Make(int width, int height, int depth, int colour, bool interlaced)
    {
        var channels = colour switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0xD, 0xA, 0x1A, 0xA]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)colour, interlaced ? (byte)1 : (byte)0);
        WriteChunk(file, "IHDR", header);
        if (colour == 3)
        {
            WriteChunk(file, "PLTE", [.. Enumerable.Range(0, 3 << depth).Select(i => (byte)(i * 7))]);
            WriteChunk(file, "tRNS", [0, 128]);
        }

        var random = new Random((depth * 10) + colour);
        using var rows = new MemoryStream();
        foreach (var (x, y, stepX, stepY) in interlaced ? s_passes : [(0, 0, 1, 1)])
        {
            var (columns, lines) = ((width - x + stepX - 1) / stepX, (height - y + stepY - 1) / stepY);
            for (var line = 0; columns > 0 && line < lines; line++)
            {
                var row = new byte[((columns * channels * depth) + 7) / 8];
                random.NextBytes(row);
                rows.WriteByte(interlaced ? (byte)0 : (byte)(line % 5)); // every filter
                rows.Write(row);
            }
        }

        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(rows.ToArray());
        }

        WriteChunk(file, "IDAT", packed.ToArray());
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? 0xEDB88320 ^ (sum >> 1) : sum >> 1;
            }
        }

        return ~sum;
    }
}
