using TorchSharp;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>The element types of the safetensors format that this project reads and writes.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, torch.ScalarType Type, int Bytes)[] s_known =
    [
        ("F64", torch.ScalarType.Float64, 8),
        ("F32", torch.ScalarType.Float32, 4),
        ("F16", torch.ScalarType.Float16, 2),
        ("BF16", torch.ScalarType.BFloat16, 2),
        ("I64", torch.ScalarType.Int64, 8),
        ("I32", torch.ScalarType.Int32, 4),
        ("I16", torch.ScalarType.Int16, 2),
        ("I8", torch.ScalarType.Int8, 1),
        ("U8", torch.ScalarType.Byte, 1),
        ("BOOL", torch.ScalarType.Bool, 1),
    ];

    /// <summary>Finds a type by the format's name for it.</summary>
    /// <param name="name">Such as <c>F16</c>.</param>
    /// <param name="type">What its tensors are read as.</param>
    /// <param name="float8">How the file writes them, where that is in eight bits and read as float16.</param>
    public static bool TryParse(string name, out torch.ScalarType type, out Float8 float8)
    {
        float8 = name switch
        {
            "F8_E4M3" or "F8_E4M3FN" => Float8.E4M3,
            "F8_E5M2" => Float8.E5M2,
            _ => Float8.None,
        };
        if (float8 != Float8.None)
        {
            type = torch.ScalarType.Float16;
            return true;
        }

        foreach (var known in s_known)
        {
            if (known.Name == name)
            {
                type = known.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    public static string NameOf(torch.ScalarType type) =>
        Array.Find(s_known, k => k.Type == type) is { Name: not null } known
            ? known.Name
            : throw new NotSupportedException($"Tensors of type {type} can't be stored in a safetensors file; convert them to float32 first.");

    public static int SizeOf(torch.ScalarType type) => Array.Find(s_known, k => k.Type == type).Bytes;
}
