using System.Buffers.Binary;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// What the header of a picture says, read by hand: a decoder may allocate before anyone can look at the size, and some need pixel data to be present before
/// they tell it.
/// </summary>
/// <param name="Format">The format, by its signature; a file's name doesn't matter.</param>
/// <param name="Width">Stored pixels a row.</param>
/// <param name="Height">Stored rows.</param>
/// <param name="Orientation">How the stored picture is to be turned.</param>
internal readonly record struct ImageHeader(ImageFormat Format, long Width, long Height, ExifOrientation Orientation)
{
    /// <summary>Reads the header, or gives null when the bytes are no picture of a known format or end before its size is told.</summary>
    public static ImageHeader? Read(ReadOnlySpan<byte> bytes) =>
        FormatOf(bytes) switch
        {
            ImageFormat.Png => ReadPng(bytes),
            ImageFormat.Jpeg => ReadJpeg(bytes),
            ImageFormat.WebP => ReadWebP(bytes),
            _ => null,
        };

    /// <summary>The format by its signature alone, or null.</summary>
    public static ImageFormat? FormatOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(PngChunks.Signature))
        {
            return ImageFormat.Png;
        }

        if (bytes is [0xFF, 0xD8, 0xFF, ..])
        {
            return ImageFormat.Jpeg;
        }

        return bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? ImageFormat.WebP : null;
    }

    private static ImageHeader? ReadPng(ReadOnlySpan<byte> bytes)
    {
        (long Width, long Height)? size = null;
        var orientation = ExifOrientation.Upright;
        foreach (var chunk in new PngChunks(bytes))
        {
            if (size is null)
            {
                if (!chunk.Is("IHDR"u8) || chunk.Data.Length < 13)
                {
                    return null;
                }

                size = (BinaryPrimitives.ReadUInt32BigEndian(chunk.Data), BinaryPrimitives.ReadUInt32BigEndian(chunk.Data[4..]));
            }
            else if (chunk.Is("eXIf"u8))
            {
                orientation = ExifOrientations.Parse(chunk.Data);
            }
        }

        return size is { } s ? new ImageHeader(ImageFormat.Png, s.Width, s.Height, orientation) : null;
    }

    private static ImageHeader? ReadJpeg(ReadOnlySpan<byte> bytes)
    {
        var orientation = ExifOrientation.Upright;
        var position = 2;
        while (position + 4 <= bytes.Length)
        {
            if (bytes[position] != 0xFF)
            {
                return null;
            }

            var marker = bytes[position + 1];
            if (marker is 0xFF)
            {
                position++; // A fill byte in front of a marker.
                continue;
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                position += 2; // Markers without a segment.
                continue;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 2)..]);
            if (length < 2)
            {
                return null;
            }

            var segment = bytes[(position + 4)..Math.Min(position + 2 + length, bytes.Length)];
            if (marker is 0xE1 && segment.StartsWith("Exif\0\0"u8))
            {
                orientation = ExifOrientations.Parse(segment[6..]);
            }
            else if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                // Start of frame. EXIF stands at the front of a file, so it has been seen by now.
                return segment.Length < 5
                    ? null
                    : new ImageHeader(
                        ImageFormat.Jpeg,
                        BinaryPrimitives.ReadUInt16BigEndian(segment[3..]),
                        BinaryPrimitives.ReadUInt16BigEndian(segment[1..]),
                        orientation
                    );
            }
            else if (marker is 0xDA or 0xD9)
            {
                return null;
            }

            position += 2 + length;
        }

        return null;
    }

    private static ImageHeader? ReadWebP(ReadOnlySpan<byte> bytes)
    {
        (long Width, long Height)? size = null;
        var orientation = ExifOrientation.Upright;
        var rest = bytes[12..];
        while (rest.Length >= 8)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var data = rest.Slice(8, (int)Math.Min(length, (uint)rest.Length - 8));
            if (rest.StartsWith("EXIF"u8))
            {
                orientation = ExifOrientations.Parse(data.StartsWith("Exif\0\0"u8) ? data[6..] : data);
            }
            else
            {
                size ??= WebPSize(rest[..4], data);
            }

            var next = 8 + (long)length + (length & 1);
            rest = next < rest.Length ? rest[(int)next..] : [];
        }

        return size is { } s ? new ImageHeader(ImageFormat.WebP, s.Width, s.Height, orientation) : null;
    }

    private static (long Width, long Height)? WebPSize(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        if (kind.SequenceEqual("VP8X"u8) && data.Length >= 10)
        {
            return (1 + (data[4] | (data[5] << 8) | (data[6] << 16)), 1 + (data[7] | (data[8] << 8) | (data[9] << 16)));
        }

        if (kind.SequenceEqual("VP8L"u8) && data.Length >= 5 && data[0] == 0x2F)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF));
        }

        return kind.SequenceEqual("VP8 "u8) && data.Length >= 10 && data[3..] is [0x9D, 0x01, 0x2A, ..]
            ? (BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF)
            : null;
    }
}

/// <summary>The file formats that are read.</summary>
internal enum ImageFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG, baseline or progressive.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless.</summary>
    WebP,
}
