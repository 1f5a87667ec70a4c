using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>How a picture was drawn, for its metadata: enough to draw it again.</summary>
public sealed record PictureSettings
{
    /// <summary>Keyword of the text that other programs read (AUTOMATIC1111's style).</summary>
    public const string ParametersKey = "parameters";

    /// <summary>Keyword of the JSON document with every setting.</summary>
    public const string OneShotKey = "oneshot";

    private static readonly JsonSerializerOptions Json = new()
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

    /// <summary>Learned tokens that were loaded.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Version of this program, or null.</summary>
    public string? Version { get; init; }

    /// <summary>The text chunks of a picture.</summary>
    /// <returns><see cref="ParametersKey"/> and <see cref="OneShotKey"/>, in this order.</returns>
    public IReadOnlyList<KeyValuePair<string, string>> ToText() => [new(ParametersKey, ToParameters()), new(OneShotKey, ToJson())];

    /// <summary>The settings as a JSON object with snake_case names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="InvalidInputException">It is none, lacks a required setting, or holds one of the wrong type.</exception>
    public static PictureSettings FromJson(string json)
    {
        try
        {
            return StrictJson.Read<PictureSettings>(json, Json);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"The picture's settings can't be used: the text {OneShotKey} {e.Message}.", e.Field ?? OneShotKey, null, e);
        }
    }

    private string ToParameters()
    {
        var text = new StringBuilder(Prompt).Append('\n');
        if (NegativePrompt.Length > 0)
        {
            text.Append("Negative prompt: ").Append(NegativePrompt).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"Steps: {Steps}, Sampler: {Quoted(Sampler(Scheduler))}, CFG scale: {Guidance}, Seed: {Seed}, Size: {Width}x{Height}");
        if (ModelHash is { Length: >= 10 })
        {
            text.Append(", Model hash: ").Append(ModelHash.AsSpan(0, 10)); // A1111's short form.
        }

        text.Append(", Model: ").Append(Quoted(Model));
        if (Loras.Count > 0)
        {
            text.Append(", Lora: ").Append(Quoted(string.Join(", ", Loras.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Key}: {l.Value}")))));
        }

        return text.ToString();
    }

    private static string Sampler(string scheduler) => scheduler switch
    {
        "dpm++" => "DPM++ 2M",
        "ddim" => "DDIM",
        "euler" => "Euler",
        "pndm" => "PLMS",
        _ => scheduler,
    };

    // A1111 quotes values that would break its comma-separated list.
    private static string Quoted(string value) => value.AsSpan().IndexOfAny(",:\n\"") < 0 ? value : JsonSerializer.Serialize(value, Json);
}
