using System.Buffers.Binary;
using System.Text;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Tests.Support;

/// <summary>Made-up input files.</summary>
internal static class Pictures
{
    public static byte[] Plain(int width, int height, byte value)
    {
        var pixels = new byte[width * height * 3];
        Array.Fill(pixels, value);
        return PngWriter.Encode(new RgbImage(width, height, pixels));
    }

    /// <summary>White with a black square in the middle.</summary>
    public static byte[] Frame(int side)
    {
        var pixels = new byte[side * side * 3];
        for (var i = 0; i < side * side; i++)
        {
            var (x, y) = (i % side, i / side);
            pixels.AsSpan(i * 3, 3).Fill((x >= side / 4 && x < side * 3 / 4 && y >= side / 4 && y < side * 3 / 4) ? (byte)0 : (byte)255);
        }

        return PngWriter.Encode(new RgbImage(side, side, pixels));
    }

    /// <summary>A PNG that is only a header, of any size.</summary>
    public static byte[] Header(int width, int height)
    {
        var chunk = new byte[17];
        Encoding.ASCII.GetBytes("IHDR", chunk);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(4), width);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(8), height);
        chunk[12] = 8;
        chunk[13] = 2;
        var file = new byte[8 + 4 + chunk.Length + 4];
        ReadOnlySpan<byte> signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];
        signature.CopyTo(file);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(8), 13);
        chunk.CopyTo(file, 12);
        return file;
    }
}
