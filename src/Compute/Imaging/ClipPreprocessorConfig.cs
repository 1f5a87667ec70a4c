using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// <c>preprocessor_config.json</c> of a CLIP folder, in its old form (sizes as numbers) and its new one (sizes as objects). Defaults are CLIPImageProcessor's.
/// </summary>
public sealed record ClipPreprocessorConfig
{
    private const long MaximumBytes = 1 << 20;

    // Far above anything published; what it divides or multiplies stays finite.
    private const double LargestStatistic = 1e6;
    private static readonly JsonSerializerOptions s_options = new()
    {
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new WholeNumberConverter() },
    };

    /// <summary>Whether pictures are resized; always so here.</summary>
    [JsonPropertyName("do_resize")]
    public bool DoResize { get; init; } = true;

    /// <summary>Whether the centre is cut out; always so here.</summary>
    [JsonPropertyName("do_center_crop")]
    public bool DoCentreCrop { get; init; } = true;

    /// <summary>Whether bytes are scaled by <see cref="RescaleFactor"/>.</summary>
    [JsonPropertyName("do_rescale")]
    public bool DoRescale { get; init; } = true;

    /// <summary>Whether mean and deviation are taken out.</summary>
    [JsonPropertyName("do_normalize")]
    public bool DoNormalise { get; init; } = true;

    /// <summary>Shortest side after resizing: a number, or an object with <c>shortest_edge</c>, or with <c>height</c> and <c>width</c> of one value.</summary>
    [JsonPropertyName("size")]
    [JsonConverter(typeof(ImageSizeConverter))]
    public int Size { get; init; } = 224;

    /// <summary>Side of the square that is cut out: a number, or an object with <c>height</c> and <c>width</c> of one value.</summary>
    [JsonPropertyName("crop_size")]
    [JsonConverter(typeof(ImageSizeConverter))]
    public int CropSize { get; init; } = 224;

    /// <summary>Pillow's number of the filter: 2 bilinear, 3 bicubic.</summary>
    [JsonPropertyName("resample")]
    public int Resample { get; init; } = 3;

    /// <summary>What a byte is multiplied by.</summary>
    [JsonPropertyName("rescale_factor")]
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Mean of red, green and blue.</summary>
    [JsonPropertyName("image_mean")]
    public IReadOnlyList<float> Mean { get; init; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Standard deviation of red, green and blue.</summary>
    [JsonPropertyName("image_std")]
    public IReadOnlyList<float> Deviation { get; init; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Reads the file.</summary>
    /// <param name="path">The JSON file.</param>
    /// <exception cref="InvalidInputException">The file is missing, no JSON, or asks for something that is not supported; the message names it.</exception>
    public static ClipPreprocessorConfig Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            var config = StrictJson.Read<ClipPreprocessorConfig>(StrictJson.ReadFile(path, MaximumBytes), s_options);
            config.Check(path, name);
            return config;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"The CLIP folder lacks {path}.", name, inner: e);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{path} {e.Message}.", e.Field is null ? name : $"{name}: {e.Field}", "Download the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} can't be read: {e.Message}", name, inner: e);
        }
    }

    internal void Check(string path, string name)
    {
        string? problem = this switch
        {
            { DoResize: false } => "do_resize false",
            { DoCentreCrop: false } => "do_center_crop false",
            { Resample: not (2 or 3) } => $"resample {Resample} (2 and 3 are)",
            { Size: < 1 or > 4096 } => $"size {Size}",
            { CropSize: < 1 } => $"crop_size {CropSize}",
            _ when CropSize > Size => $"crop_size {CropSize} larger than size {Size}",
            { Mean.Count: not 3 } => $"image_mean of {Mean.Count} values",
            { Deviation.Count: not 3 } => $"image_std of {Deviation.Count} values",
            _ when Mean.Any(m => !(Math.Abs(m) <= LargestStatistic)) => "image_mean with a value out of range",
            _ when Deviation.Any(d => !(d > 0)) => "image_std with a value of zero or less",
            _ when Deviation.Any(d => !(d <= LargestStatistic)) => "image_std with a value out of range",
            _ when !(RescaleFactor > 0 && RescaleFactor <= LargestStatistic) => string.Create(CultureInfo.InvariantCulture, $"rescale_factor {RescaleFactor}"),
            _ => null,
        };
        if (problem is not null)
        {
            throw new InvalidInputException($"{path} asks for {problem}, which is not supported.", name);
        }
    }
}
