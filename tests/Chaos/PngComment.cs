using System.Buffers.Binary;
using System.Text;

namespace OrleansOneShot.Chaos;

/// <summary>Makes a picture of other bytes that shows the same: its jobs share no input with others, and make the same weights.</summary>
internal static class PngComment
{
    private const int AfterHeader = 8 + 25; // the signature, and the header's chunk

    /// <summary>Adds a comment.</summary>
    /// <param name="png">The picture.</param>
    /// <param name="comment">ASCII.</param>
    public static byte[] Add(byte[] png, string comment)
    {
        var body = Encoding.ASCII.GetBytes($"tEXtComment\0{comment}");
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length - 4);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc(body));
        return [.. png[..AfterHeader], .. chunk, .. png[AfterHeader..]];
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
