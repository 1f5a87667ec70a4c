using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// PEFT's settings as diffusers writes them into the header (<c>lora_adapter_metadata</c>: JSON text whose keys begin with <c>unet.</c>). It is the only place where files of diffusers'
/// own training scripts keep alpha; a reader that ignores it applies the LoRA alpha / r times too strong or too weak.
/// </summary>
internal sealed class PeftMetadata
{
    /// <summary>The header's entry.</summary>
    public const string Key = "lora_adapter_metadata";

    private readonly Dictionary<string, double> _alphaPattern;
    private readonly double _alpha;
    private readonly bool _rankStabilised;

    private PeftMetadata(double alpha, Dictionary<string, double> alphaPattern, bool rankStabilised)
    {
        _alpha = alpha;
        _alphaPattern = alphaPattern;
        _rankStabilised = rankStabilised;
    }

    /// <summary>Reads the entry.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="shown">The file's name for messages.</param>
    /// <returns>The settings of the UNet, or null when it holds none.</returns>
    /// <exception cref="InvalidInputException">The text is no JSON object of the expected form, or asks for something that is not plain LoRA.</exception>
    public static PeftMetadata? Read(string json, string shown)
    {
        try
        {
            var root = StrictJson.Parse(json);
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new UnusableJsonException("is no object");
            }

            if (IsTrue(root, "unet.use_dora"))
            {
                throw new InvalidInputException($"{shown} is a DoRA, which is not supported.", shown, "Use a plain LoRA.");
            }

            if (!root.TryGetProperty("unet.lora_alpha", out _))
            {
                return null;
            }

            var patterns = new Dictionary<string, double>();
            if (root.TryGetProperty("unet.alpha_pattern", out var pattern) && pattern.ValueKind == JsonValueKind.Object)
            {
                foreach (var entry in pattern.EnumerateObject())
                {
                    patterns[entry.Name] = Number(pattern, entry.Name);
                }
            }

            return new PeftMetadata(Number(root, "unet.lora_alpha"), patterns, IsTrue(root, "unet.use_rslora"));
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{shown} can't be used: its metadata value {Key} is not as PEFT writes it (it {e.Message}).", shown, null, e);
        }
    }

    /// <summary>The alpha whose alpha / r is the module's scale.</summary>
    public double AlphaOf(string module, long rank)
    {
        var alpha = _alpha;
        foreach (var (pattern, value) in _alphaPattern)
        {
            // PEFT matches a pattern against the end of the name, at a dot.
            if (module == pattern || module.EndsWith("." + pattern, StringComparison.Ordinal))
            {
                alpha = value;
                break;
            }
        }

        // Rank-stabilised LoRA divides by the root of r.
        return _rankStabilised ? alpha * Math.Sqrt(rank) : alpha;
    }

    private static double Number(JsonElement value, string name) => value.Member(name, JsonValueKind.Number).GetDouble();

    private static bool IsTrue(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
