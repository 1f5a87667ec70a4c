using System.Globalization;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// What a published file says about itself (Stability AI's modelspec 1.0.1), the same for LoRA and for learned tokens. It holds no clock time, host, path or
/// job: the same run gives the same bytes.
/// </summary>
public sealed record ModelSpec
{
    /// <summary>The file's name for people, such as <c>my cat</c>; also <c>ss_output_name</c>.</summary>
    public required string Title { get; init; }

    /// <summary>What the base model is called, such as <c>stable-diffusion-v1-5</c>, or null.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Whether the base model is a Stable Diffusion 2.x (another text encoder), not 1.x.</summary>
    public bool IsStableDiffusion2 { get; init; }

    /// <summary>Whether the base model predicts v instead of noise.</summary>
    public bool PredictsV { get; init; }

    /// <summary>Side of the training picture in pixels, 1 or more.</summary>
    public required int Resolution { get; init; }

    /// <summary>What it was made from and how, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Who made it, or null.</summary>
    public string? Author { get; init; }

    /// <summary>The words that call the object up in a prompt, such as <c>&lt;cat&gt;</c>, or null.</summary>
    public string? TriggerPhrase { get; init; }

    /// <summary>The words by which web interfaces call the object up: the names of its embeddings' files. Empty for none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>How to use it, or null.</summary>
    public string? UsageHint { get; init; }

    /// <summary>A small picture as a data URI, such as <c>data:image/jpeg;base64,...</c>, or null.</summary>
    public string? Thumbnail { get; init; }

    /// <summary>Licence, or null.</summary>
    public string? License { get; init; }

    /// <summary>The entries of <c>__metadata__</c>, without the hash.</summary>
    /// <param name="kind">What follows the model's name in the architecture: <c>lora</c> or <c>textual-inversion</c>.</param>
    /// <param name="implementation">Whose key names the file follows.</param>
    internal Dictionary<string, string> ToMetadata(string kind, string implementation)
    {
        var model = (IsStableDiffusion2, PredictsV) switch
        {
            (false, _) => "stable-diffusion-v1",
            (true, false) => "stable-diffusion-v2-512",
            (true, true) => "stable-diffusion-v2-768-v",
        };
        var metadata = new Dictionary<string, string>
        {
            // transformers and diffusers ask for it in every file.
            ["format"] = "pt",
            ["modelspec.sai_model_spec"] = "1.0.1",
            ["modelspec.architecture"] = $"{model}/{kind}",
            ["modelspec.implementation"] = implementation,
            ["modelspec.title"] = Title,
            ["modelspec.resolution"] = string.Create(CultureInfo.InvariantCulture, $"{Resolution}x{Resolution}"),
            ["modelspec.prediction_type"] = PredictsV ? "v" : "epsilon",
        };
        Add("description", Description);
        Add("author", Author);
        Add("trigger_phrase", TriggerPhrase);
        Add("usage_hint", UsageHint);
        Add("license", License);
        Add("thumbnail", Thumbnail);
        return metadata;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                metadata["modelspec." + name] = value;
            }
        }
    }
}
