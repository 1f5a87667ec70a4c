using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// Writes safetensors files whose bytes depend on their content alone: keys and metadata sorted, header padded to eight bytes, no clock, host or path.
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file beside its final name and moves it there, so that no reader ever sees half of it.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="tensors">Tensors by key, on any device.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c>; null or empty for none.</param>
    /// <param name="written">Told of the bytes of each tensor that is written; null: nobody is.</param>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left at <paramref name="path"/> but what was there.</exception>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        Action<long>? written = null
    )
    {
        var beside = path + ".partial";
        try
        {
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write))
            {
                Write(stream, tensors, metadata, written);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>Writes a file's bytes into a stream.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Tensors by key, on any device.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c>; null or empty for none.</param>
    /// <param name="written">Told of the bytes of each tensor that is written; null: nobody is.</param>
    public static void Write(
        Stream stream,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        Action<long>? written = null
    )
    {
        // Largest elements first keeps every tensor aligned to its element size, as the mapping of the reader wants it.
        var ordered = tensors.OrderByDescending(t => SafetensorsTypes.SizeOf(t.Value.dtype)).ThenBy(t => t.Key, StringComparer.Ordinal).ToArray();
        var header = Header(ordered, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            var bytes = tensor.detach().cpu().contiguous().bytes;
            stream.Write(bytes);
            written?.Invoke(bytes.Length);
        }
    }

    private static byte[] Header(KeyValuePair<string, Tensor>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var offset = 0L;
            foreach (var (name, tensor) in tensors)
            {
                var bytes = tensor.numel() * SafetensorsTypes.SizeOf(tensor.dtype);
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + bytes);
                json.WriteEndArray();
                json.WriteEndObject();
                offset += bytes;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }
}
