using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace OrleansOneShot.Compute.Tests.Models.SingleFile;

/// <summary>Files whose headers name every tensor of a real model, and whose weights are a hole.</summary>
internal static class SparseCheckpoint
{
    /// <summary>The shapes of a real model's part, by diffusers' key.</summary>
    public static Dictionary<string, long[]> ShapesOf(string name) =>
        File.ReadLines(Golden.PathOf("shapes", name + ".txt"))
            .Where(line => line.Length > 0)
            .ToDictionary(
                line => line[..line.IndexOf(':', StringComparison.Ordinal)],
                line => JsonNode.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..])!.AsArray().Select(size => (long)size!).ToArray()
            );

    /// <summary>Writes a file of zeros in half precision.</summary>
    public static string Write(string path, IReadOnlyDictionary<string, long[]> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is not null)
        {
            header["__metadata__"] = new JsonObject(metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }

        var offset = 0L;
        foreach (var (key, shape) in tensors)
        {
            var bytes = shape.Aggregate(2L, (a, b) => a * b);
            header[key] = new JsonObject
            {
                ["dtype"] = "F16",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }

        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        file.Write(length);
        file.Write(text);
        file.SetLength(8 + text.Length + offset);
        return path;
    }
}
