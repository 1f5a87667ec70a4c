using System.Buffers.Binary;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// The validated header of a safetensors file: eight bytes of little-endian length, then JSON. Every statement of the header is checked against the file's
/// length before any memory is spent on it: sizes, types, shapes, ranges, gaps and overlaps.
/// </summary>
/// <remarks>Source: the format's specification at https://github.com/huggingface/safetensors.</remarks>
public sealed class SafetensorsHeader
{
    /// <summary>Longest header that is read, in bytes. Stable Diffusion XL's needs 0.3 MB.</summary>
    public const long MaximumHeaderBytes = 32L * 1024 * 1024;

    /// <summary>Most dimensions of a tensor; weights have up to 4.</summary>
    public const int MaximumRank = 32;

    /// <summary>Largest tensor of eight-bit numbers, which are read into memory instead of mapped.</summary>
    public const long MaximumFloat8Bytes = 512L * 1024 * 1024;

    private SafetensorsHeader(IReadOnlyDictionary<string, TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata, long dataOffset, long length)
    {
        Tensors = tensors;
        Metadata = metadata;
        DataOffset = dataOffset;
        FileLength = length;
    }

    /// <summary>The tensors by key, in the order of the header.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The entries of <c>__metadata__</c>; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the tensors' bytes begin, counted from the start of the file.</summary>
    public long DataOffset { get; }

    /// <summary>The whole file's length in bytes: of what a link leads to, not of the link.</summary>
    public long FileLength { get; }

    /// <summary>Reads and checks the header of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The header, whose entries all lie within the file.</returns>
    /// <exception cref="InvalidInputException">The file is missing, no safetensors file, truncated, or contradicts itself.</exception>
    public static SafetensorsHeader Read(string path)
    {
        var shown = Path.GetFileName(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            return stream.CanSeek
                ? Read(stream, stream.Length, shown)
                : throw new InvalidInputException($"{path} is a pipe or a device, which can't be mapped into memory.", shown, "Write it into a file first.");
        }
        catch (UnauthorizedAccessException e) when (Directory.Exists(path))
        {
            throw new InvalidInputException($"{path} is a folder, not a safetensors file.", shown, "Give the path of a file within it.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(LinkedFile.Missing(path), shown, "Check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The file {path} can't be read: {e.Message}", shown, "Check its permissions.", e);
        }
    }

    /// <summary>Reads and checks a header from a stream that stands at the file's first byte.</summary>
    /// <param name="stream">The file's bytes.</param>
    /// <param name="length">The file's length in bytes.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The header, whose entries all lie within the file.</returns>
    /// <exception cref="InvalidInputException">No safetensors file, truncated, or contradictory.</exception>
    public static SafetensorsHeader Read(Stream stream, long length, string shown)
    {
        // What is no safetensors file is told by its first bytes; of a sound one the header begins among them.
        Span<byte> start = stackalloc byte[ForeignFile.Looked];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        ForeignFile.RefusePickle(start, shown);
        if (start.Length < 8)
        {
            throw ForeignFile.Tell(start, length, shown) ?? Bad(shown, $"it has {length} bytes and is too short for a safetensors file");
        }

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (headerLength > MaximumHeaderBytes)
        {
            throw ForeignFile.Tell(start, length, shown) ?? Bad(shown, $"its header claims {headerLength} bytes, more than the limit of {MaximumHeaderBytes}");
        }

        if (headerLength + 8 > (ulong)length)
        {
            throw ForeignFile.Tell(start, length, shown)
                ?? Bad(shown, $"its header claims {headerLength} bytes but the file ends after {length}; it is truncated");
        }

        var bytes = new byte[headerLength];
        var early = Math.Min(bytes.Length, start.Length - 8);
        start.Slice(8, early).CopyTo(bytes);
        stream.ReadExactly(bytes.AsSpan(early));
        try
        {
            return Parse(StrictJson.Parse(bytes), (long)headerLength + 8, length, shown);
        }
        catch (UnusableJsonException e)
        {
            throw ForeignFile.Tell(start, length, shown) ?? Bad(shown, $"its header {e.Message}", e);
        }
    }

    private static SafetensorsHeader Parse(JsonElement root, long dataOffset, long length, string shown)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Bad(shown, "its header is no JSON object");
        }

        var tensors = new Dictionary<string, TensorEntry>();
        var metadata = new Dictionary<string, string>();
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals("__metadata__"))
            {
                ReadMetadata(property.Value, metadata, shown);
            }
            else
            {
                tensors.Add(property.Name, ReadEntry(property.Name, property.Value, dataOffset, length, shown));
            }
        }

        CheckRanges(tensors.Values, dataOffset, length, shown);
        return new SafetensorsHeader(tensors, metadata, dataOffset, length);
    }

    private static void ReadMetadata(JsonElement value, Dictionary<string, string> metadata, string shown)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad(shown, "its __metadata__ is no JSON object");
        }

        foreach (var item in value.EnumerateObject())
        {
            metadata[item.Name] =
                item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : throw Bad(shown, $"its metadata value {Cut(item.Name)} is no string");
        }
    }

    private static TensorEntry ReadEntry(string name, JsonElement value, long dataOffset, long length, string shown)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype)
            || !value.TryGetProperty("shape", out var shape)
            || !value.TryGetProperty("data_offsets", out var offsets)
            || dtype.ValueKind != JsonValueKind.String
            || shape.ValueKind != JsonValueKind.Array
            || offsets.ValueKind != JsonValueKind.Array
            || offsets.GetArrayLength() != 2
        )
        {
            throw Bad(shown, $"its entry {Cut(name)} lacks a dtype, shape or data_offsets of the right form");
        }

        if (!SafetensorsTypes.TryParse(dtype.GetString()!, out var type, out var float8))
        {
            throw Bad(shown, $"its tensor {Cut(name)} has the type {Cut(dtype.GetString()!)}, which is not supported");
        }

        if (shape.GetArrayLength() > MaximumRank)
        {
            throw Bad(shown, $"its tensor {Cut(name)} has {shape.GetArrayLength()} dimensions, more than the limit of {MaximumRank}");
        }

        // The span counts sizes of 0 as 1: the strides of an empty tensor must fit a number all the same.
        var sizes = new long[shape.GetArrayLength()];
        Int128 size = float8 == Float8.None ? SafetensorsTypes.SizeOf(type) : 1;
        var (bytes, span) = (size, size);
        for (var i = 0; i < sizes.Length; i++)
        {
            if (shape[i].ValueKind != JsonValueKind.Number || !shape[i].TryGetInt64(out sizes[i]) || sizes[i] < 0)
            {
                throw Bad(shown, $"its tensor {Cut(name)} has the shape {Cut(shape.GetRawText())}, whose sizes must be whole numbers of at least 0");
            }

            bytes *= sizes[i];
            span *= Math.Max(1, sizes[i]);
            if (span > long.MaxValue)
            {
                throw Bad(shown, $"its tensor {Cut(name)} has the shape {Cut(shape.GetRawText())}, which no file can hold");
            }
        }

        if (float8 != Float8.None && bytes > MaximumFloat8Bytes)
        {
            throw Bad(shown, $"its tensor {Cut(name)} has {bytes} numbers of eight bits, more than the limit of {MaximumFloat8Bytes}");
        }

        if (!TryRange(offsets, out var begin, out var end))
        {
            throw Bad(shown, $"its tensor {Cut(name)} has the data_offsets {Cut(offsets.GetRawText())}, which are no range");
        }

        if (end - begin != bytes)
        {
            throw Bad(shown, $"its tensor {Cut(name)} of shape {Cut(shape.GetRawText())} needs {bytes} bytes, but its range has {end - begin}");
        }

        if (end > length - dataOffset)
        {
            throw Bad(shown, $"its tensor {Cut(name)} ends at byte {(Int128)dataOffset + end}, but the file ends after {length}; it is truncated");
        }

        return new TensorEntry(name, type, sizes, dataOffset + begin, (long)bytes) { Float8 = float8 };
    }

    private static bool TryRange(JsonElement offsets, out long begin, out long end)
    {
        begin = end = 0;
        return offsets[0].ValueKind == JsonValueKind.Number
            && offsets[1].ValueKind == JsonValueKind.Number
            && offsets[0].TryGetInt64(out begin)
            && offsets[1].TryGetInt64(out end)
            && begin >= 0
            && end >= begin;
    }

    private static void CheckRanges(IEnumerable<TensorEntry> entries, long dataOffset, long length, string shown)
    {
        var position = dataOffset;
        TensorEntry? previous = null;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.ByteLength))
        {
            if (entry.Offset < position)
            {
                throw Bad(shown, $"its tensors {Cut(previous!.Name)} and {Cut(entry.Name)} overlap");
            }

            if (entry.Offset > position)
            {
                throw Bad(shown, $"it has {entry.Offset - position} bytes in front of {Cut(entry.Name)} that belong to no tensor");
            }

            position = entry.Offset + entry.ByteLength;
            previous = entry;
        }

        if (position != length)
        {
            throw Bad(shown, $"it has {length - position} bytes after its last tensor");
        }
    }

    private static string Cut(string text) => Wording.Cut(text, Wording.LongestItem);

    private static InvalidInputException Bad(string shown, string what, Exception? inner = null) =>
        new($"{shown} can't be used: {what}.", shown, "Download or export the file again.", inner);
}
