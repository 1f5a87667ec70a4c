using System.Security.Cryptography;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Lora;

/// <summary>Hashes by which pictures name the LoRAs that they were drawn with.</summary>
public static class LoraHash
{
    private const string Stored = "sshs_model_hash";
    private const int HashDigits = 64;

    /// <summary>A LoRA's hash as AUTOMATIC1111 has it: the one that the file names, else SHA-256 of what follows the header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Header.Metadata.TryGetValue(Stored, out var known) && known.Length == HashDigits && known.All(char.IsAsciiHexDigitLower))
        {
            return known;
        }

        using var content = File.OpenRead(path);
        content.Position = file.Header.DataOffset;
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
