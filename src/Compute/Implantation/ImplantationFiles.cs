using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a finished implantation gives to new pictures.</summary>
/// <param name="Lora">Path of its LoRA's file; null where the method trains none.</param>
/// <param name="Embeddings">Paths of its learned tokens' files.</param>
/// <param name="Request">Path of its request; null if there is none.</param>
public sealed record ImplantationFiles(string? Lora, IReadOnlyList<string> Embeddings, string? Request)
{
    /// <summary>The folder of a UNet that was trained as a whole, in diffusers' layout.</summary>
    internal const string UNetFolder = "unet";

    /// <summary>Its configuration.</summary>
    internal const string UNetConfig = "config.json";

    /// <summary>Its weights.</summary>
    internal const string UNetWeights = "diffusion_pytorch_model.safetensors";

    /// <summary>The LoRA in PEFT's layout, beside the one that is read here.</summary>
    internal const string PeftLora = "pytorch_lora_weights.safetensors";

    /// <summary>The folder of the learned tokens.</summary>
    internal const string EmbeddingsFolder = "learned_embeds";

    private static readonly string s_vectorsAlone = Setting.WordOf(TrainingMethod.TextualInversion);

    private const string RequestFile = "request.json";
    private const string Weights = "*.safetensors";
    private const int MaximumRequestBytes = 16 << 20;

    /// <summary>Path of the folder of a UNet that takes the place of the base model's; null where there is none.</summary>
    public string? UNet { get; init; }

    /// <summary>All the files.</summary>
    public IEnumerable<string> All =>
        [
            .. Lora is null ? Array.Empty<string>() : [Lora],
            .. UNet is null ? Array.Empty<string>() : [Path.Combine(UNet, UNetConfig), Path.Combine(UNet, UNetWeights)],
            .. Embeddings,
            .. Request is null ? Array.Empty<string>() : [Request],
        ];

    /// <summary>Finds the files of a result.</summary>
    /// <param name="folder">Path of the folder that holds it.</param>
    /// <returns>The files; none is read.</returns>
    /// <exception cref="InvalidInputException">The folder holds several LoRAs, or nothing that was learned.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static ImplantationFiles In(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var loras = Files(folder).Where(file => Path.GetFileName(file) != PeftLora).ToList();
        var embeddings = Files(Path.Combine(folder, EmbeddingsFolder));
        var unet = Path.Combine(folder, UNetFolder);
        var hasUNet = File.Exists(Path.Combine(unet, UNetWeights)) && File.Exists(Path.Combine(unet, UNetConfig));
        var request = Path.Combine(folder, RequestFile);
        var files = new ImplantationFiles(loras.FirstOrDefault(), embeddings, File.Exists(request) ? request : null) { UNet = hasUNet ? unet : null };
        // Where a LoRA has been lost, what is left would draw something else.
        if (loras.Count > 1 || (loras.Count == 0 && !hasUNet && (embeddings.Count == 0 || files.ReadText("method") != s_vectorsAlone)))
        {
            throw new InvalidInputException(
                $"{folder} holds {loras.Count} LoRA files; the result of an implantation holds one.",
                "implantation",
                "Name the files with --lora and --embedding."
            );
        }

        return files;
    }

    /// <summary>Reads the name of its base model. It is for convenience alone, so a request that can't be read is none.</summary>
    /// <returns>The name; null if the request does not say.</returns>
    /// <exception cref="IOException">The request's file can't be read.</exception>
    public string? ReadModel() => ReadText("model");

    /// <summary>Reads the class names of its objects, by their identifiers. As with the model's name, a request that can't be read says nothing.</summary>
    /// <returns>The names; empty if the request does not say.</returns>
    /// <exception cref="IOException">The request's file can't be read.</exception>
    public IReadOnlyDictionary<string, string> ReadClasses() =>
        Read(request =>
            request
                .Member("objects", JsonValueKind.Array)
                .EnumerateArray()
                .Select(item => (Token: item.Text("token"), Class: item.Text("class")))
                .DistinctBy(item => item.Token, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(item => item.Token, item => item.Class, StringComparer.OrdinalIgnoreCase)
        ) ?? [];

    private string? ReadText(string member) => Read(request => request.Member(member, JsonValueKind.Object).Text("name"));

    private T? Read<T>(Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            return Request is null ? null : read(StrictJson.Parse(StrictJson.ReadFile(Request, MaximumRequestBytes)));
        }
        catch (Exception e) when (e is FileNotFoundException or UnusableJsonException)
        {
            return null;
        }
    }

    /// <summary>Whether new pictures need a file of a result: the LoRA in one of its layouts, the learned tokens, a UNet, and the request.</summary>
    /// <param name="path">The file's path within the result, with '/'.</param>
    public static bool IsDrawnWith(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path == RequestFile
            || path == $"{UNetFolder}/{UNetConfig}"
            || path == $"{UNetFolder}/{UNetWeights}"
            || path.EndsWith(Weights[1..], StringComparison.Ordinal)
                && (path.Contains('/', StringComparison.Ordinal) ? path.StartsWith(EmbeddingsFolder + "/", StringComparison.Ordinal) : path != PeftLora);
    }

    private static List<string> Files(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Weights).Order(StringComparer.Ordinal)] : [];
}
