using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>A JSON file of a model folder: read once, deserialised into a record, and asked for values that this implementation does not support.</summary>
internal sealed class ConfigFile
{
    private const long MaximumBytes = 1 << 20;

    // Longest value that a message shows.
    private const int Longest = 80;
    private static readonly JsonSerializerOptions s_options = new()
    {
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new WholeNumberConverter() },
    };
    private readonly JsonElement _root;

    private ConfigFile(string shown, JsonElement root)
    {
        Shown = shown;
        _root = root;
    }

    /// <summary>The name used in messages, such as <c>unet/config.json</c>.</summary>
    public string Shown { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <exception cref="InvalidInputException">Missing, unreadable, larger than a mebibyte, or no JSON object.</exception>
    public static ConfigFile Read(string path, string shown) => Parse(ReadBytes(path, shown, MaximumBytes), shown);

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <param name="maximumBytes">Most bytes.</param>
    /// <exception cref="InvalidInputException">Missing, unreadable or larger.</exception>
    public static byte[] ReadBytes(string path, string shown, long maximumBytes)
    {
        try
        {
            if (LinkedFile.Find(path) is not { } file)
            {
                var link = File.Exists(path) ? LinkedFile.Missing(path).TrimEnd('.') : $"looked for {path}";
                throw new InvalidInputException(
                    $"The model folder lacks {shown} ({link}).",
                    shown,
                    "Download the model again, or point to a complete diffusers folder."
                );
            }

            return file.Length > maximumBytes
                ? throw new InvalidInputException($"{shown} has {file.Length} bytes, too many for a configuration.", shown, "Download the file again.")
                : StrictJson.ReadFile(path, maximumBytes);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{shown} {e.Message}.", shown, "Download the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{shown} can't be read: {e.Message}", shown, "Check the file's permissions.", e);
        }
    }

    /// <summary>Reads a file's bytes as JSON.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <exception cref="InvalidInputException">No JSON object.</exception>
    public static ConfigFile Parse(byte[] utf8, string shown)
    {
        try
        {
            var root = StrictJson.Parse(utf8, lenient: true);
            return root.ValueKind == JsonValueKind.Object
                ? new ConfigFile(shown, root)
                : throw new InvalidInputException($"{shown} is no JSON object.", shown, "Download the file again.");
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{shown} {e.Message}.", e.Field is null ? shown : $"{shown}: {e.Field}", "Download the file again.", e);
        }
    }

    /// <summary>An object within this file as a configuration of its own, or null when it is absent.</summary>
    public ConfigFile? Section(string field) =>
        _root.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Object ? new ConfigFile($"{Shown}: {field}", value) : null;

    /// <summary>A text of this file; null where there is none of that name.</summary>
    public string? Text(string field) => _root.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Deserialises into a record; fields that the file lacks keep the record's defaults.</summary>
    /// <exception cref="InvalidInputException">A value has the wrong type.</exception>
    public T As<T>()
    {
        try
        {
            return StrictJson.Read<T>(_root, s_options);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{Shown} {e.Message}.", $"{Shown}: {e.Field}", "Restore the model's own configuration.", e);
        }
    }

    /// <summary>Refuses a field that is there with a value other than those that are supported.</summary>
    /// <param name="field">The field.</param>
    /// <param name="supported">The supported values: null, bool, double or string. An absent field is always fine.</param>
    /// <exception cref="InvalidInputException">The field has another value.</exception>
    public void Require(string field, params object?[] supported) => RequireOr("Use a Stable Diffusion 1.x or 2.x model.", field, supported);

    /// <summary>As <see cref="Require(string, object?[])"/>, for a model that is no Stable Diffusion.</summary>
    /// <param name="hint">What to use instead.</param>
    /// <param name="field">The field.</param>
    /// <param name="supported">The supported values.</param>
    /// <exception cref="InvalidInputException">The field has another value.</exception>
    public void RequireOr(string hint, string field, params object?[] supported)
    {
        if (_root.TryGetProperty(field, out var value) && !supported.Any(s => Matches(value, s)))
        {
            var list = Wording.List(
                supported.Select(s =>
                    s switch
                    {
                        null => "null",
                        bool b => b ? "true" : "false",
                        _ => Convert.ToString(s, CultureInfo.InvariantCulture),
                    }
                ),
                " or "
            );
            throw new InvalidInputException(
                $"{Shown} asks for {field} = {Wording.Cut(value.GetRawText(), Longest)}, which is not supported; only {list} is.",
                $"{Shown}: {field}",
                hint
            );
        }
    }

    /// <summary>Refuses a number outside a range, not-a-number included.</summary>
    public void Within(string field, double value, double minimum, double maximum)
    {
        if (!(value >= minimum && value <= maximum))
        {
            throw Invalid(
                field,
                string.Create(CultureInfo.InvariantCulture, $"{value}"),
                string.Create(CultureInfo.InvariantCulture, $"from {minimum} to {maximum}")
            );
        }
    }

    /// <summary>The error for a value that can't be used.</summary>
    public InvalidInputException Invalid(string field, string value, string expected) =>
        new($"{Shown} has {field} = {Wording.Cut(value, Longest)}; it must be {expected}.", $"{Shown}: {field}", "Restore the model's own configuration.");

    private static bool Matches(JsonElement value, object? supported) =>
        supported switch
        {
            null => value.ValueKind == JsonValueKind.Null,
            bool flag => value.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False),
            string text => value.ValueKind == JsonValueKind.String && value.GetString() == text,
            _ => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Convert.ToDouble(supported, CultureInfo.InvariantCulture),
        };
}
