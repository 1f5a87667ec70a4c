using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a finished implantation gives to new pictures.</summary>
/// <param name="Lora">Path of its LoRA's file.</param>
/// <param name="Embeddings">Paths of its learned tokens' files.</param>
/// <param name="Request">Path of its request; null if there is none.</param>
public sealed record ImplantationFiles(string Lora, IReadOnlyList<string> Embeddings, string? Request)
{
    /// <summary>The LoRA in PEFT's layout, beside the one that is read here.</summary>
    internal const string PeftLora = "pytorch_lora_weights.safetensors";

    /// <summary>The folder of the learned tokens.</summary>
    internal const string EmbeddingsFolder = "learned_embeds";

    private const string RequestFile = "request.json";
    private const string Weights = "*.safetensors";
    private const int MaximumRequestBytes = 16 << 20;

    /// <summary>All the files.</summary>
    public IEnumerable<string> All => [Lora, .. Embeddings, .. Request is null ? Array.Empty<string>() : [Request]];

    /// <summary>Finds the files of a result.</summary>
    /// <param name="folder">Path of the folder that holds it.</param>
    /// <returns>The files; none is read.</returns>
    /// <exception cref="InvalidInputException">The folder holds no LoRA, or several.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static ImplantationFiles In(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var loras = Files(folder).Where(file => Path.GetFileName(file) != PeftLora).ToList();
        if (loras.Count != 1)
        {
            throw new InvalidInputException(
                $"{folder} holds {loras.Count} LoRA files; the result of an implantation holds one.",
                "implantation",
                "Name the files with --lora and --embedding."
            );
        }

        var request = Path.Combine(folder, RequestFile);
        return new ImplantationFiles(loras[0], Files(Path.Combine(folder, EmbeddingsFolder)), File.Exists(request) ? request : null);
    }

    /// <summary>Reads the name of its base model. It is for convenience alone, so a request that can't be read is none.</summary>
    /// <returns>The name; null if the request does not say.</returns>
    /// <exception cref="IOException">The request's file can't be read.</exception>
    public string? ReadModel()
    {
        try
        {
            return Request is null
                ? null
                : StrictJson.Parse(StrictJson.ReadFile(Request, MaximumRequestBytes)).Member("model", JsonValueKind.Object).Text("name");
        }
        catch (Exception e) when (e is FileNotFoundException or UnusableJsonException)
        {
            return null;
        }
    }

    /// <summary>Whether new pictures need a file of a result: the LoRA in one of its layouts, and the learned tokens.</summary>
    /// <param name="path">The file's path within the result, with '/'.</param>
    public static bool IsDrawnWith(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(Weights[1..], StringComparison.Ordinal)
            && (path.Contains('/', StringComparison.Ordinal) ? path.StartsWith(EmbeddingsFolder + "/", StringComparison.Ordinal) : path != PeftLora);
    }

    private static List<string> Files(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Weights).Order(StringComparer.Ordinal)] : [];
}
