using System.Buffers.Binary;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// The validated header of a safetensors file: eight bytes of little-endian length, then JSON. Every statement of the header is checked against the file's length before any
/// memory is spent on it: sizes, types, shapes, ranges, gaps and overlaps.
/// </summary>
/// <remarks>Source: the format's specification at https://github.com/huggingface/safetensors.</remarks>
public sealed class SafetensorsHeader
{
    /// <summary>Longest header that is read, in bytes. Stable Diffusion XL's needs 0.3 MB.</summary>
    public const long MaximumHeaderBytes = 32L * 1024 * 1024;

    /// <summary>Most dimensions of a tensor; weights have up to 4.</summary>
    public const int MaximumRank = 32;

    private SafetensorsHeader(IReadOnlyDictionary<string, TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata, long dataOffset)
    {
        Tensors = tensors;
        Metadata = metadata;
        DataOffset = dataOffset;
    }

    /// <summary>The tensors by key, in the order of the header.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The entries of <c>__metadata__</c>; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the tensors' bytes begin, counted from the start of the file.</summary>
    public long DataOffset { get; }

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
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"The file {path} doesn't exist.", shown, "Check the path.", e);
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
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw Bad(shown, $"it has {length} bytes and is too short for a safetensors file");
        }

        RefusePickle(prefix, shown);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaximumHeaderBytes)
        {
            throw Bad(shown, $"its header claims {headerLength} bytes, more than the limit of {MaximumHeaderBytes}");
        }

        if (headerLength + 8 > (ulong)length)
        {
            throw Bad(shown, $"its header claims {headerLength} bytes but the file ends after {length}; it is truncated");
        }

        var bytes = new byte[headerLength];
        stream.ReadExactly(bytes);
        try
        {
            return Parse(StrictJson.Parse(bytes), (long)headerLength + 8, length, shown);
        }
        catch (UnusableJsonException e)
        {
            throw Bad(shown, $"its header {e.Message}", e);
        }
    }

    private static void RefusePickle(ReadOnlySpan<byte> prefix, string shown)
    {
        // PyTorch's own files are zip archives or bare pickles (protocol 2 and up start with 0x80).
        var isZip = prefix[0] == 'P' && prefix[1] == 'K' && prefix[2] == 3 && prefix[3] == 4;
        var isPickle = prefix[0] == 0x80 && prefix[1] is >= 2 and <= 5 && prefix[7] != 0;
        if (isZip || isPickle)
        {
            throw new InvalidInputException(
                $"{shown} is a PyTorch pickle, which can run code when opened, so it is never opened here.", shown,
                "Convert it once with safetensors.torch.save_file(torch.load(f, weights_only=True), 'x.safetensors').");
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
        return new SafetensorsHeader(tensors, metadata, dataOffset);
    }

    private static void ReadMetadata(JsonElement value, Dictionary<string, string> metadata, string shown)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad(shown, "its __metadata__ is no JSON object");
        }

        foreach (var item in value.EnumerateObject())
        {
            metadata[item.Name] = item.Value.ValueKind == JsonValueKind.String
                ? item.Value.GetString()!
                : throw Bad(shown, $"its metadata value {Cut(item.Name)} is no string");
        }
    }

    private static TensorEntry ReadEntry(string name, JsonElement value, long dataOffset, long length, string shown)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out var dtype) || !value.TryGetProperty("shape", out var shape)
            || !value.TryGetProperty("data_offsets", out var offsets) || dtype.ValueKind != JsonValueKind.String || shape.ValueKind != JsonValueKind.Array
            || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
        {
            throw Bad(shown, $"its entry {Cut(name)} lacks a dtype, shape or data_offsets of the right form");
        }

        if (!SafetensorsTypes.TryParse(dtype.GetString()!, out var type))
        {
            throw Bad(shown, $"its tensor {Cut(name)} has the type {Cut(dtype.GetString()!)}, which is not supported");
        }

        if (shape.GetArrayLength() > MaximumRank)
        {
            throw Bad(shown, $"its tensor {Cut(name)} has {shape.GetArrayLength()} dimensions, more than the limit of {MaximumRank}");
        }

        // The span counts sizes of 0 as 1: the strides of an empty tensor must fit a number all the same.
        var sizes = new long[shape.GetArrayLength()];
        var (bytes, span) = ((Int128)SafetensorsTypes.SizeOf(type), (Int128)SafetensorsTypes.SizeOf(type));
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

        return new TensorEntry(name, type, sizes, dataOffset + begin, (long)bytes);
    }

    private static bool TryRange(JsonElement offsets, out long begin, out long end)
    {
        begin = end = 0;
        return offsets[0].ValueKind == JsonValueKind.Number && offsets[1].ValueKind == JsonValueKind.Number
            && offsets[0].TryGetInt64(out begin) && offsets[1].TryGetInt64(out end) && begin >= 0 && end >= begin;
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
