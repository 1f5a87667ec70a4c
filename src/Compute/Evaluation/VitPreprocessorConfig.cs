using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// <c>preprocessor_config.json</c> of a vision transformer. Of transformers' two processors, ViTImageProcessor (the first DINO's) makes a square of the whole
/// picture whatever its shape, and BitImageProcessor (DINOv2's) cuts the centre out as CLIP's does. Defaults are ViTImageProcessor's.
/// </summary>
public sealed record VitPreprocessorConfig
{
    /// <summary>Whether bytes are scaled by <see cref="RescaleFactor"/>.</summary>
    [JsonPropertyName("do_rescale")]
    public bool DoRescale { get; init; } = true;

    /// <summary>Whether mean and deviation are taken out.</summary>
    [JsonPropertyName("do_normalize")]
    public bool DoNormalise { get; init; } = true;

    /// <summary>Side of the square: a number, or an object with <c>height</c> and <c>width</c> of one value.</summary>
    [JsonPropertyName("size")]
    [JsonConverter(typeof(ImageSizeConverter))]
    public int Size { get; init; } = 224;

    /// <summary>Pillow's number of the filter: 2 bilinear, 3 bicubic.</summary>
    [JsonPropertyName("resample")]
    public int Resample { get; init; } = 2;

    /// <summary>What a byte is multiplied by.</summary>
    [JsonPropertyName("rescale_factor")]
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Mean of red, green and blue.</summary>
    [JsonPropertyName("image_mean")]
    public IReadOnlyList<float> Mean { get; init; } = [0.5f, 0.5f, 0.5f];

    /// <summary>Standard deviation of red, green and blue.</summary>
    [JsonPropertyName("image_std")]
    public IReadOnlyList<float> Deviation { get; init; } = [0.5f, 0.5f, 0.5f];

    /// <summary>Prepares for the vision transformer of a folder, by the processor that its file names.</summary>
    /// <param name="folder">The folder with <c>preprocessor_config.json</c>.</param>
    /// <exception cref="InvalidInputException">The file is missing, unreadable or asks for something that is not supported.</exception>
    public static ClipPreprocessor Load(string folder)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        var file = ConfigFile.Read(path, "dino/preprocessor_config.json");
        if ((file.Text("image_processor_type") ?? file.Text("feature_extractor_type")) is { } kind)
        {
            return kind.StartsWith("ViT", StringComparison.Ordinal) ? Squares(file, path)
                : kind.StartsWith("Bit", StringComparison.Ordinal) || kind.StartsWith("CLIP", StringComparison.Ordinal) ? ClipPreprocessor.Load(folder)
                : throw file.Invalid("image_processor_type", kind, "ViTImageProcessor or BitImageProcessor");
        }

        throw file.Invalid("image_processor_type", "nothing", "ViTImageProcessor or BitImageProcessor");
    }

    private static ClipPreprocessor Squares(ConfigFile file, string path)
    {
        file.RequireOr("Take the DINO's own file.", "do_resize", true);
        var own = file.As<VitPreprocessorConfig>();
        var config = new ClipPreprocessorConfig
        {
            Size = own.Size,
            CropSize = own.Size,
            Resample = own.Resample,
            DoRescale = own.DoRescale,
            RescaleFactor = own.RescaleFactor,
            DoNormalise = own.DoNormalise,
            Mean = own.Mean,
            Deviation = own.Deviation,
        };
        config.Check(path, Path.GetFileName(path));
        return new ClipPreprocessor(config, keepsShape: false);
    }
}
