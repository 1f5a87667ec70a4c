using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// A hash of weights in the metadata of their own file, made of what was meant to be written and compared with what a reader gets. SHA-256, whose instructions
/// nearly all processors have, of each tensor on its own, so that all cores work on it.
/// </summary>
internal static class WeightSeal
{
    private const string Key = "weights_sha256";

    /// <summary>Writes a file with its seal.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="tensors">Tensors by key, on the CPU.</param>
    /// <exception cref="IOException">The disk is full or not writable.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors) =>
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { [Key] = HashOf(tensors) });

    /// <summary>Reads all of a file to compare it with its seal.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Whether it holds.</returns>
    public static SealState Of(SafetensorsFile file)
    {
        if (!file.Header.Metadata.TryGetValue(Key, out var seal))
        {
            return SealState.None;
        }

        using var scope = NewDisposeScope();
        return seal == HashOf(file.Keys.ToDictionary(key => key, file.Get)) ? SealState.Whole : SealState.Broken;
    }

    private static string HashOf(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        // Of the calling thread: scopes belong to one.
        var ordered = tensors
            .OrderBy(tensor => tensor.Key, StringComparer.Ordinal)
            .Select(tensor => (tensor.Key, Value: tensor.Value.detach().contiguous()))
            .ToArray();
        var hashes = new string[ordered.Length];
        Parallel.For(0, ordered.Length, i => hashes[i] = Convert.ToHexStringLower(SHA256.HashData(ordered[i].Value.bytes)));
        var lines = new StringBuilder();
        for (var i = 0; i < ordered.Length; i++)
        {
            var (key, tensor) = ordered[i];
            lines.Append(key).Append(' ').Append(tensor.dtype).Append(' ').AppendJoin('x', tensor.shape).Append(' ').Append(hashes[i]).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}

/// <summary>What a file's seal says.</summary>
internal enum SealState
{
    /// <summary>The file has none.</summary>
    None,

    /// <summary>The weights are those that were written.</summary>
    Whole,

    /// <summary>They are others.</summary>
    Broken,
}
