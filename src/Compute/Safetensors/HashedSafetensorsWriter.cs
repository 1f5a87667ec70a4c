using System.Security.Cryptography;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// Writes safetensors files whose metadata carry the hashes that other tools look models up by. The hashes cover the tensors' bytes, not the header they stand
/// in: <c>modelspec.hash_sha256</c> and <c>sshs_model_hash</c> are the SHA-256 of everything after the header, <c>sshs_legacy_hash</c> the first 8 digits of
/// that of the file's bytes 0x100000 to 0x110000 (of nothing, when the file is shorter).
/// </summary>
internal static class HashedSafetensorsWriter
{
    /// <summary>SHA-256 of the data, with the prefix 0x (modelspec 1.0.1).</summary>
    public const string ModelSpecHash = "modelspec.hash_sha256";

    /// <summary>SHA-256 of the data, as kohya's scripts and A1111 write and read it.</summary>
    public const string ModelHash = "sshs_model_hash";

    /// <summary>The short hash of A1111's first versions.</summary>
    public const string LegacyHash = "sshs_legacy_hash";

    private const int LegacyStart = 0x100000;
    private const int LegacyLength = 0x10000;

    /// <summary>
    /// Writes the file as
    /// <see cref="SafetensorsWriter.Write(string, IReadOnlyDictionary{string, Tensor}, IReadOnlyDictionary{string, string}?, Action{long}?)"/> does, with
    /// hashes.
    /// </summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="tensors">Tensors by key.</param>
    /// <param name="metadata">The other entries.</param>
    /// <param name="withKohyaHashes">Whether the two <c>sshs_</c> entries are written beside modelspec's.</param>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata, bool withKohyaHashes)
    {
        var complete = new SortedDictionary<string, string>(metadata.ToDictionary(), StringComparer.Ordinal);

        // Hashes have a fixed length: the file with placeholders has every tensor where the final file has it.
        SetHashes(complete, new string('0', 64), new string('0', 8), withKohyaHashes);
        using var buffer = new MemoryStream();
        SafetensorsWriter.Write(buffer, tensors, complete);
        var bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        var dataStart = 8 + (int)BitConverter.ToInt64(bytes);
        if (withKohyaHashes && dataStart > LegacyStart)
        {
            throw new ArgumentException("The metadata are longer than a megabyte.", nameof(metadata));
        }

        var legacy = bytes.Length <= LegacyStart ? [] : bytes.Slice(LegacyStart, Math.Min(LegacyLength, bytes.Length - LegacyStart));
        SetHashes(
            complete,
            Convert.ToHexStringLower(SHA256.HashData(bytes[dataStart..])),
            Convert.ToHexStringLower(SHA256.HashData(legacy))[..8],
            withKohyaHashes
        );
        SafetensorsWriter.Write(path, tensors, complete);
    }

    private static void SetHashes(SortedDictionary<string, string> metadata, string data, string legacy, bool withKohyaHashes)
    {
        metadata[ModelSpecHash] = "0x" + data;
        if (withKohyaHashes)
        {
            metadata[ModelHash] = data;
            metadata[LegacyHash] = legacy;
        }
    }
}
