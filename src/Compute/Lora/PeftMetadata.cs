using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// PEFT's settings, which are the only place where files of diffusers' own training scripts and of PEFT itself keep alpha; a reader that ignores them applies
/// the LoRA alpha / r times too strong or too weak. diffusers writes them into the header (<c>lora_adapter_metadata</c>: JSON text whose keys begin with
/// <c>unet.</c> or <c>text_encoder.</c>), PEFT into a file beside (<c>adapter_config.json</c>).
/// </summary>
internal sealed class PeftMetadata
{
    /// <summary>The header's entry.</summary>
    public const string Key = "lora_adapter_metadata";

    /// <summary>PEFT's file.</summary>
    public const string FileName = "adapter_config.json";

    private const int MaximumBytes = 1 << 20;

    private readonly Dictionary<LoraSide, Settings> _sides;

    private PeftMetadata(Dictionary<LoraSide, Settings> sides) => _sides = sides;

    /// <summary>Whether they say that weights are brought to learned lengths.</summary>
    public bool UsesDora => _sides.Values.Any(s => s.UsesDora);

    /// <summary>The header's entry for a DoRA whose scale is folded into B: all of PEFT's settings, which diffusers makes of it alone.</summary>
    /// <param name="network">The DoRA, every module of one rank.</param>
    /// <returns>JSON text.</returns>
    public static string OfDora(LoraNetwork network)
    {
        var rank = network.Adapters[0].Rank;
        return new JsonObject
        {
            ["unet.alpha_pattern"] = new JsonObject(),
            ["unet.lora_alpha"] = rank,
            ["unet.r"] = rank,
            ["unet.rank_pattern"] = new JsonObject(),
            ["unet.target_modules"] = new JsonArray([.. network.Adapters.Select(adapter => (JsonNode)adapter.Module)]),
            ["unet.use_dora"] = true,
        }.ToJsonString();
    }

    /// <summary>Reads the header's entry.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="shown">The file's name for messages.</param>
    /// <exception cref="InvalidInputException">The text is no JSON object of the expected form.</exception>
    public static PeftMetadata Read(string json, string shown) =>
        Read(
            () => StrictJson.Parse(json),
            shown,
            $"its metadata value {Key} is not as PEFT writes it",
            [(LoraSide.UNet, "unet."), (LoraSide.TextEncoder, "text_encoder.")]
        );

    /// <summary>Reads PEFT's file beside a LoRA that PEFT wrote.</summary>
    /// <param name="path">The LoRA.</param>
    /// <returns>The settings, or null when there is no such file.</returns>
    /// <exception cref="InvalidInputException">The file is not as PEFT writes it.</exception>
    public static PeftMetadata? ReadBeside(string path)
    {
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, FileName);
        return File.Exists(beside)
            ? Read(
                () => StrictJson.Parse(StrictJson.ReadFile(beside, MaximumBytes)),
                Path.GetFileName(path),
                $"{FileName} beside it is not as PEFT writes it",
                [(LoraSide.UNet, ""), (LoraSide.TextEncoder, "")]
            )
            : null;
    }

    /// <summary>The alpha whose alpha / r is the module's scale; null when the settings don't say.</summary>
    public double? AlphaOf(LoraSide side, string module, long rank)
    {
        if (!_sides.TryGetValue(side, out var settings) || settings.Alpha is not { } alpha)
        {
            return null;
        }

        foreach (var (pattern, value) in settings.Patterns)
        {
            // PEFT matches a pattern against the end of the name, at a dot.
            if (module == pattern || module.EndsWith("." + pattern, StringComparison.Ordinal))
            {
                alpha = value;
                break;
            }
        }

        // Rank-stabilised LoRA divides by the root of r.
        return settings.IsRankStabilised ? alpha * Math.Sqrt(rank) : alpha;
    }

    private static PeftMetadata Read(Func<JsonElement> parse, string shown, string what, (LoraSide Side, string Prefix)[] sides)
    {
        try
        {
            var root = parse();
            return root.ValueKind == JsonValueKind.Object
                ? new PeftMetadata(sides.ToDictionary(s => s.Side, s => SettingsOf(root, s.Prefix)))
                : throw new UnusableJsonException("is no object");
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{shown} can't be used: {what} (it {e.Message}).", shown, null, e);
        }
    }

    private static Settings SettingsOf(JsonElement root, string prefix)
    {
        var patterns = new Dictionary<string, double>();
        if (root.TryGetProperty(prefix + "alpha_pattern", out var pattern) && pattern.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in pattern.EnumerateObject())
            {
                patterns[entry.Name] = Number(pattern, entry.Name);
            }
        }

        return new Settings(
            root.TryGetProperty(prefix + "lora_alpha", out _) ? Number(root, prefix + "lora_alpha") : null,
            patterns,
            IsTrue(root, prefix + "use_rslora"),
            IsTrue(root, prefix + "use_dora")
        );
    }

    private static double Number(JsonElement value, string name) => value.Member(name, JsonValueKind.Number).GetDouble();

    private static bool IsTrue(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private sealed record Settings(double? Alpha, Dictionary<string, double> Patterns, bool IsRankStabilised, bool UsesDora);
}
