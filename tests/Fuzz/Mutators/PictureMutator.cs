using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>Changes pictures within their containers: PNG chunks with sums that fit, JPEG segments, WebP chunks.</summary>
internal static class PictureMutator
{
    private static readonly string[] s_chunks = ["tRNS", "gAMA", "cHRM", "sBIT"];
    private static readonly string[] s_webp = ["VP8 ", "VP8L", "VP8X", "ANIM", "ALPH", "EXIF", "ANMF"];

    /// <summary>A changed copy.</summary>
    public static byte[] Mutate(Random random, byte[] picture) =>
        random.Next(12) == 0
            ? picture[..random.Next(12, picture.Length)]
            : picture[0] switch
            {
                0x89 => Png(random, picture),
                0xFF => Jpeg(random, (byte[])picture.Clone()),
                _ => WebP(random, (byte[])picture.Clone()),
            };

    private static byte[] Png(Random random, byte[] png)
    {
        var chunks = new List<(string Kind, byte[] Data)>();
        var at = 8;
        while (at + 12 <= png.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(png, at + 4, 4), png[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }

        for (var i = random.Next(1, 4); i > 0; i--)
        {
            ChangeChunk(random, chunks);
        }

        using var file = new MemoryStream();
        file.Write(png, 0, 8);
        foreach (var (kind, data) in chunks)
        {
            PngSeeds.WriteChunk(file, kind, data);
        }

        var bytes = file.ToArray();
        return random.Next(10) == 0 ? Bytes.Flip(random, bytes, 1, from: 8) : bytes;
    }

    private static void ChangeChunk(Random random, List<(string Kind, byte[] Data)> chunks)
    {
        var at = random.Next(chunks.Count);
        var (kind, data) = chunks[at];
        switch (random.Next(12))
        {
            case 0 when chunks[0].Data.Length >= 13:
                var sizes = (byte[])chunks[0].Data.Clone();
                uint[] odd = [0, uint.MaxValue, 0x7fffffff, (uint)random.Next(1, 17_000), 8192, 1u << random.Next(15)];
                BinaryPrimitives.WriteUInt32BigEndian(sizes.AsSpan(random.Next(2) * 4), Bytes.Pick(random, odd));
                chunks[0] = (chunks[0].Kind, sizes);
                break;
            case 1 when chunks[0].Data.Length >= 13:
                var form = (byte[])chunks[0].Data.Clone();
                form[8 + random.Next(5)] = (byte)random.Next(20);
                chunks[0] = (chunks[0].Kind, form);
                break;
            case 2:
                chunks.Insert(random.Next(chunks.Count), (kind, data));
                break;
            case 3 when chunks.Count > 1:
                chunks.RemoveAt(at);
                break;
            case 4:
                chunks.Insert(1, ("eXIf", Bytes.Flip(random, PictureSeeds.Tiff(random.Next(10)), 3)));
                break;
            case 5:
                chunks.Insert(1, (random.Next(2) == 0 ? "tEXt" : "iTXt", Bytes.Flip(random, Encoding.Latin1.GetBytes("parameters\0\0\0en\0\0hello"), 4)));
                break;
            case 6:
                chunks.Insert(1, Inflating(random));
                break;
            case 7:
                chunks.Insert(1, ("acTL", [0, 0, 0, (byte)random.Next(256), 0, 0, 0, 0]));
                break;
            case 8:
                var noise = new byte[random.Next(40)];
                random.NextBytes(noise);
                chunks.Insert(random.Next(chunks.Count), (Bytes.Pick(random, s_chunks), noise));
                break;
            default:
                chunks[at] = (kind, Bytes.Flip(random, data, 5));
                break;
        }
    }

    // A few kilobytes that stand for megabytes.
    private static (string Kind, byte[] Data) Inflating(Random random)
    {
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = random.Next(1, 200); i > 0; i--)
            {
                stream.Write(new byte[1 << 16]);
            }
        }

        var bytes = packed.ToArray();
        return random.Next(3) switch
        {
            0 => ("iCCP", [.. "icc\0\0"u8, .. bytes]),
            1 => ("zTXt", [.. "x\0\0"u8, .. bytes]),
            _ => ("IDAT", bytes),
        };
    }

    private static byte[] Jpeg(Random random, byte[] jpeg)
    {
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var segments = new List<int>();
            for (var p = 2; p + 4 <= jpeg.Length && jpeg[p] == 0xFF; p += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(p + 2)))
            {
                segments.Add(p);
                if (jpeg[p + 1] == 0xDA)
                {
                    break;
                }
            }

            if (segments.Count == 0)
            {
                break;
            }

            jpeg = ChangeSegment(random, jpeg, segments);
        }

        return jpeg;
    }

    private static byte[] ChangeSegment(Random random, byte[] jpeg, List<int> segments)
    {
        var at = Bytes.Pick(random, segments);
        var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(at + 2)), jpeg.Length - at - 4);
        var frame = segments.FirstOrDefault(p => jpeg[p + 1] is 0xC0 or 0xC2 && p + 10 < jpeg.Length);
        switch (random.Next(8))
        {
            case 0:
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(at + 2), (ushort)random.Next(65_536));
                break;
            case 1:
                jpeg[at + 1] = (byte)random.Next(0xC0, 0xFF);
                break;
            case 2:
                return [.. jpeg[..at], .. jpeg[at..Math.Min(jpeg.Length, at + 2 + length)], .. jpeg[at..]];
            case 3 when frame > 0:
                ushort[] odd = [0, 65_535, 8192, (ushort)random.Next(1, 17_000)];
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5 + (2 * random.Next(2))), Bytes.Pick(random, odd));
                break;
            case 4 when frame > 0:
                jpeg[frame + 9] = (byte)random.Next(6);
                break;
            case 5:
                return Bytes.Flip(random, jpeg, 2, from: 3);
            default:
                if (length > 2)
                {
                    jpeg[at + 4 + random.Next(length - 2)] = (byte)random.Next(256);
                }

                break;
        }

        return jpeg;
    }

    private static byte[] WebP(Random random, byte[] webp)
    {
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            switch (random.Next(6))
            {
                case 0:
                    BinaryPrimitives.WriteUInt32LittleEndian(webp.AsSpan(4), (uint)random.Next());
                    break;
                case 1:
                    uint[] odd = [uint.MaxValue, (uint)random.Next(0, webp.Length * 2), 0x7fffffff];
                    BinaryPrimitives.WriteUInt32LittleEndian(webp.AsSpan(16), Bytes.Pick(random, odd));
                    break;
                case 2:
                    Encoding.ASCII.GetBytes(Bytes.Pick(random, s_webp)).CopyTo(webp, 12);
                    break;
                case 3:
                    webp[20 + random.Next(Math.Min(20, webp.Length - 20))] = (byte)random.Next(256);
                    break;
                default:
                    webp = Bytes.Flip(random, webp, 1, from: 12);
                    break;
            }
        }

        return webp;
    }
}
