using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>
/// Changes a safetensors file: its lengths, its header as JSON, or tensors with a header that fits them, so that readers get as far as what the file means.
/// </summary>
internal static class SafetensorsMutator
{
    private static readonly (string Name, int Size)[] s_types =
    [
        ("F64", 8),
        ("F32", 4),
        ("F16", 2),
        ("BF16", 2),
        ("I64", 8),
        ("I32", 4),
        ("I16", 2),
        ("I8", 1),
        ("U8", 1),
        ("BOOL", 1),
    ];

    /// <summary>Whether bytes begin as a safetensors file does.</summary>
    public static bool IsPastMagic(byte[] file) => file.Length > 9 && BitConverter.ToUInt64(file) <= (ulong)file.Length - 8 && file[8] == '{';

    /// <summary>A changed copy.</summary>
    public static byte[] Mutate(Random random, byte[] file)
    {
        var length = (int)BitConverter.ToUInt64(file);
        var (header, data) = (file[8..(8 + length)], file[(8 + length)..]);
        switch (random.Next(100))
        {
            case < 4:
                var wrong = (byte[])file.Clone();
                BinaryPrimitives.WriteUInt64LittleEndian(
                    wrong,
                    random.Next(5) switch
                    {
                        0 => ulong.MaxValue,
                        1 => (ulong)random.Next(0, wrong.Length + 20),
                        2 => 1UL << random.Next(64),
                        3 => (ulong)wrong.Length - 8,
                        _ => (ulong)(length + random.Next(-3, 4)),
                    }
                );
                return wrong;
            case < 7:
                return file[..random.Next(file.Length)];
            case < 12:
                return Join(Bytes.Flip(random, header, 5), data);
            case < 16:
                return Join(header, Bytes.Flip(random, data, 60));
            case < 40:
                return Join(JsonMutator.Mutate(random, header), data);
            default:
                return Consistent(random, header, data);
        }
    }

    private static byte[] Consistent(Random random, byte[] header, byte[] data)
    {
        var root = JsonNode.Parse(header)!.AsObject();
        var metadata = root["__metadata__"]?.AsObject();
        var tensors = root.Where(pair => pair.Key != "__metadata__").Select(pair => Item.Of(pair.Key, pair.Value!, data)).ToList();
        for (var i = random.Next(1, 4); i > 0 && tensors.Count > 0; i--)
        {
            Change(random, tensors);
        }

        if (random.Next(6) == 0)
        {
            tensors = [.. tensors.OrderBy(_ => random.Next())];
        }

        var result = new JsonObject();
        if (metadata is not null)
        {
            result["__metadata__"] = random.Next(5) == 0 ? OddMetadata(random, metadata) : metadata.DeepClone();
        }

        using var body = new MemoryStream();
        foreach (var tensor in tensors.Where(tensor => !result.ContainsKey(tensor.Key)))
        {
            result[tensor.Key] = new JsonObject
            {
                ["dtype"] = tensor.Type,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(body.Length, body.Length + tensor.Bytes.Length),
            };
            body.Write(tensor.Bytes);
        }

        // Not every writer pads its header: tensors are then not aligned.
        return Join(Encoding.UTF8.GetBytes(result.ToJsonString() + new string(' ', random.Next(5) == 0 ? random.Next(1, 8) : 0)), body.ToArray());
    }

    private static void Change(Random random, List<Item> tensors)
    {
        var at = random.Next(tensors.Count);
        var tensor = tensors[at];
        var (type, size) = Bytes.Pick(random, s_types);
        switch (random.Next(12))
        {
            case 0:
                tensors[at] = tensor.As(type, size, tensor.Shape);
                break;
            case 1:
                tensors[at] = tensor.As(type, size, [tensor.Bytes.Length / size]);
                break;
            case 2:
                tensors[at] = tensor.As(tensor.Type, SizeOf(tensor.Type), []);
                break;
            case 3:
                tensors[at] = tensor with { Shape = [0], Bytes = [] };
                break;
            case 4:
                long[][] huge =
                [
                    [0, long.MaxValue],
                    [long.MaxValue, 0],
                    [0, 1L << 62, 1L << 62],
                    [1L << 31, 0, 1L << 33],
                ];
                tensors[at] = tensor with { Shape = Bytes.Pick(random, huge), Bytes = [] };
                break;
            case 5:
                tensors[at] = tensor with { Shape = [.. tensor.Shape, 1] };
                break;
            case 6:
                tensors[at] = tensor with { Shape = [.. tensor.Shape, .. Enumerable.Repeat(1L, random.Next(1, 3000))] };
                break;
            case 7:
                tensors[at] = tensor with { Shape = [.. tensor.Shape.Reverse()] };
                break;
            case 8:
                tensors.RemoveAt(at);
                break;
            case 9:
                string[] names =
                [
                    "",
                    tensor.Key + ".alpha",
                    tensor.Key.Replace("lora", "lokr_", StringComparison.Ordinal),
                    new string('k', 5000),
                    Bytes.Pick(random, tensors).Key + "x",
                    tensor.Key.ToUpperInvariant(),
                    ".alpha",
                    "unet.alpha",
                ];
                tensors[at] = tensor with { Key = Bytes.Pick(random, names) };
                break;
            case 10:
                tensors[at] = tensor with { Bytes = NotFinite(random, tensor.Bytes) };
                break;
            default:
                tensors.AddRange(Enumerable.Range(0, random.Next(1, 5)).Select(i => tensor with { Key = $"{tensor.Key}_{i}" }));
                break;
        }
    }

    private static byte[] NotFinite(Random random, byte[] bytes)
    {
        var copy = (byte[])bytes.Clone();
        for (var i = 0; i + 4 <= copy.Length; i += 4 * random.Next(1, 9))
        {
            BitConverter.TryWriteBytes(
                copy.AsSpan(i),
                random.Next(3) switch
                {
                    0 => float.NaN,
                    1 => float.PositiveInfinity,
                    _ => 1e38f,
                }
            );
        }

        return copy;
    }

    private static JsonObject OddMetadata(Random random, JsonObject metadata)
    {
        var copy = metadata.DeepClone().AsObject();
        if (copy.Count == 0)
        {
            return copy;
        }

        var key = Bytes.Pick(random, [.. copy.Select(pair => pair.Key)]);
        var text = copy[key]!.ToString();
        string[] odd =
        [
            "",
            "-1",
            "99999999999999999999",
            "1,2,3,4",
            "{}",
            "a,b",
            "0",
            "7",
            new string('[', 3000),
            Encoding.UTF8.GetString(JsonMutator.Mutate(random, Encoding.UTF8.GetBytes(text.Length == 0 ? "{}" : text))),
        ];
        if (random.Next(9) == 0)
        {
            copy.Remove(key);
        }
        else
        {
            copy[key] = Bytes.Pick(random, odd);
        }

        return copy;
    }

    private static int SizeOf(string type) => Array.Find(s_types, known => known.Name == type) is { Name: not null } found ? found.Size : 1;

    private static byte[] Join(byte[] header, byte[] data)
    {
        var file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }

    private sealed record Item(string Key, string Type, long[] Shape, byte[] Bytes)
    {
        public static Item Of(string key, JsonNode entry, byte[] data) =>
            new(
                key,
                entry["dtype"]!.GetValue<string>(),
                [.. entry["shape"]!.AsArray().Select(size => size!.GetValue<long>())],
                data[(int)entry["data_offsets"]![0]!.GetValue<long>()..(int)entry["data_offsets"]![1]!.GetValue<long>()]
            );

        /// <summary>Of another type and shape, with as many bytes as they need.</summary>
        public Item As(string type, int size, long[] shape)
        {
            var bytes = new byte[(int)Int128.Min(shape.Aggregate((Int128)size, (product, one) => product * one), 1 << 24)];
            Array.Copy(Bytes, bytes, Math.Min(bytes.Length, Bytes.Length));
            return this with { Type = type, Shape = shape, Bytes = bytes };
        }
    }
}
