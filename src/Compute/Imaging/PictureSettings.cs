using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>How a picture was drawn, for its metadata: enough to draw it again.</summary>
public sealed record PictureSettings
{
    /// <summary>Keyword of the text that other programs read (AUTOMATIC1111's style).</summary>
    public const string ParametersKey = "parameters";

    /// <summary>Keyword of the JSON document with every setting.</summary>
    public const string OneShotKey = "oneshot";

    // AUTOMATIC1111's short forms.
    private const int ShortHash = 10;
    private const int ShortLoraHash = 12;

    private static readonly JsonSerializerOptions s_json = new()
    {
        // The text stands in a PNG chunk, never in HTML: identifiers such as <cat> stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The prompt as given.</summary>
    public required string Prompt { get; init; }

    /// <summary>The negative prompt; empty for none.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Sampling steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Scheduler by its name on the command line: dpm++, ddim, euler or pndm.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Guidance scale.</summary>
    public required double Guidance { get; init; }

    /// <summary>Guidance between the frozen and the tuned model; null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PersonalizationGuidance { get; init; }

    /// <summary>The seed of the command.</summary>
    public required long Seed { get; init; }

    /// <summary>Which picture of the prompt, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Pixels a row.</summary>
    public required int Width { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>The base model's name.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the base model, or null.</summary>
    public string? ModelHash { get; init; }

    /// <summary>LoRA files by name, with their scales.</summary>
    public IReadOnlyDictionary<string, double> Loras { get; init; } = new Dictionary<string, double>();

    /// <summary>Hashes of the LoRA files by name, as AUTOMATIC1111 has them: SHA-256 of what follows the header.</summary>
    public IReadOnlyDictionary<string, string> LoraHashes { get; init; } = new Dictionary<string, string>();

    /// <summary>Learned tokens that were loaded.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>How the sigmas are spaced, by AUTOMATIC1111's name: Karras, Uniform, or Automatic for samplers that have one way; null is not told.</summary>
    public string? ScheduleType { get; init; }

    /// <summary>Name of the file with the noise that the picture began as; null: it was drawn from the seed.</summary>
    public string? Latents { get; init; }

    /// <summary>SHA-256 of that file, or null.</summary>
    public string? LatentsHash { get; init; }

    /// <summary>What the UNet computed in: fp32 or bf16; null is not told.</summary>
    public string? Precision { get; init; }

    /// <summary>Version of this program, or null.</summary>
    public string? Version { get; init; }

    /// <summary>The version of the program that runs.</summary>
    public static string ThisVersion { get; } = typeof(PictureSettings).Assembly.GetName().Version!.ToString(3);

    /// <summary>AUTOMATIC1111's name of a scheduler's spacing.</summary>
    /// <param name="scheduler">The scheduler's name on the command line.</param>
    /// <param name="isKarras">Whether the model asks for Karras' sigmas.</param>
    public static string ScheduleTypeOf(string scheduler, bool isKarras) =>
        (scheduler, isKarras) switch
        {
            (Samplers.DpmSolver or Samplers.Euler, true) => "Karras",
            (Samplers.DpmSolver or Samplers.Euler, false) => "Uniform",
            _ => "Automatic",
        };

    /// <summary>The text chunks of a picture.</summary>
    /// <returns><see cref="ParametersKey"/> and <see cref="OneShotKey"/>, in this order.</returns>
    public IReadOnlyList<KeyValuePair<string, string>> ToText() => [new(ParametersKey, ToParameters()), new(OneShotKey, ToJson())];

    /// <summary>The settings as a JSON object with snake_case names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="InvalidInputException">It is none, lacks a required setting, or holds one of the wrong type.</exception>
    public static PictureSettings FromJson(string json)
    {
        try
        {
            return StrictJson.Read<PictureSettings>(json, s_json);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"The picture's settings can't be used: the text {OneShotKey} {e.Message}.", e.Field ?? OneShotKey, null, e);
        }
    }

    // AUTOMATIC1111's keys, in the order of its create_infotext; what is ours alone stands where extensions put theirs.
    private string ToParameters()
    {
        List<KeyValuePair<string, string?>> pairs =
        [
            new("Steps", Number(Steps)),
            new("Sampler", Sampler(Scheduler)),
            new("Schedule type", ScheduleType),
            new("CFG scale", Number(Guidance)),
            new("Seed", Number(Seed)),
            new("Size", string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}")),
            new("Model hash", ModelHash is { Length: >= ShortHash } hash ? hash[..ShortHash] : null),
            new("Model", Model),
            new("Lora hashes", Joined(LoraHashes.Select(lora => (lora.Key, lora.Value[..Math.Min(lora.Value.Length, ShortLoraHash)])))),
            new("Lora weights", Joined(Loras.Select(lora => (lora.Key, Number(lora.Value))))),
            new("Personalization guidance", PersonalizationGuidance is { } scale ? Number(scale) : null),
            new("Learned tokens", Tokens.Count > 0 ? string.Join(", ", Tokens) : null),
            new("Picture", Index > 0 ? Number(Index) : null),
            new(
                "Latents",
                Latents is null ? null
                    : LatentsHash is { Length: >= ShortHash } noise ? $"{Latents} {noise[..ShortHash]}"
                    : Latents
            ),
            new("Precision", Precision),
            new("Version", Version is null ? null : $"oneshot {Version}"),
        ];
        var text = new StringBuilder(Prompt);
        if (NegativePrompt.Length > 0)
        {
            text.Append("\nNegative prompt: ").Append(NegativePrompt);
        }

        return text.Append('\n')
            .AppendJoin(", ", pairs.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}: {Quoted(pair.Value!)}"))
            .ToString()
            .Trim();
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string? Joined(IEnumerable<(string Name, string Value)> pairs) =>
        string.Join(", ", pairs.Select(pair => $"{pair.Name}: {pair.Value}")) is { Length: > 0 } text ? text : null;

    private static string Sampler(string scheduler) =>
        scheduler switch
        {
            Samplers.DpmSolver => "DPM++ 2M",
            Samplers.Ddim => "DDIM",
            Samplers.Euler => "Euler",
            Samplers.Pndm => "PLMS",
            _ => scheduler,
        };

    // AUTOMATIC1111's infotext_utils.quote: a JSON string where the value would break its list.
    private static string Quoted(string value) => value.AsSpan().IndexOfAny(",:\n") < 0 ? value : JsonSerializer.Serialize(value, s_json);
}
