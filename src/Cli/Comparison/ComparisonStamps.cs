using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>
/// What the result of a training is known by: a hash over all that decides what comes out of it, which travels as metadata of its job into its request.json.
/// So a result is kept as long as it is what would be trained, whatever else of the comparison has changed: rows, objects, the model's defaults, the model.
/// </summary>
/// <param name="plan">The comparison.</param>
internal sealed class ComparisonStamps(ComparisonPlan plan)
{
    /// <summary>The metadata's name.</summary>
    public const string Name = "cell";

    private const int Digits = 32;

    /// <summary>What the base model is known by: its weights, and all else that decides what it draws.</summary>
    public string Model
    {
        get
        {
            // DreamBooth's class pictures are drawn as the model says, whatever the samples are.
            var (folder, defaults) = (plan.Model.Folder, plan.Defaults);
            return field ??= FormattableString.Invariant(
                $"{folder.Hash()} {folder.ConfigurationHash(withDefaults: false)} {defaults.SamplingSteps} {defaults.GuidanceScale}"
            );
        }
    }

    /// <summary>The stamp of a training.</summary>
    /// <param name="cell">The training.</param>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">A photo or a mask can't be read.</exception>
    public string Of(ComparisonCell cell)
    {
        var (item, asked) = (cell.Item, cell.Options);
        var options = ImplantationOptions.Resolve("", asked.Seed, asked.Method, asked.Training, asked.Samples, plan.Defaults);
        var one = item.Objects[0];
        return Hash(
            JsonSerializer.Serialize(
                new
                {
                    Model,
                    Options = options,
                    Image = FileHashes.Sha256(item.Image),
                    Mask = one.Mask is { } mask ? FileHashes.Sha256(mask) : null,
                    Box = one.Prompt?.Box?.ToString(),
                    Reading = one.Reading is { } reading ? $"{reading.Invert} {reading.Value}" : null,
                    Class = item.Classes[0],
                    Token = item.Tokens[0],
                },
                DocumentJson.Options
            )
        )[..Digits];
    }

    /// <summary>Whether a folder holds the whole result of a training.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cell">The training.</param>
    public bool Holds(string folder, ComparisonCell cell)
    {
        if (!DownloadedResult.IsWhole(folder))
        {
            return false;
        }

        try
        {
            var request = RequestJson.Read(StrictJson.ReadFile(Path.Combine(folder, "request.json"), RequestJson.MaxBytes));
            return request.Metadata.TryGetValue(Name, out var stamp) && stamp == Of(cell);
        }
        catch (Exception e) when (e is UnusableJsonException or OneShotException or FileNotFoundException)
        {
            return false;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
