namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>How the keys of a part's files are read: old names, prefixes that some writers leave out, and buffers that hold no weights.</summary>
/// <param name="Rename">A file's key to the model's key, or null to pass over it.</param>
/// <param name="AllowsConvolutionForm">Whether a linear weight (a, b) may be stored as that of a 1x1 convolution, (a, b, 1, 1).</param>
internal sealed record KeyRules(Func<string, string?> Rename, bool AllowsConvolutionForm = false)
{
    private const string TextPrefix = "text_model.";

    /// <summary>The keys as they are.</summary>
    public static KeyRules Plain { get; } = new(static key => key);

    /// <summary>
    /// Text encoders: transformers 4 wrote the prefix <c>text_model.</c> and the numbers 0, 1, 2, ... of the positions; transformers 5 writes neither.
    /// </summary>
    public static KeyRules TextEncoder { get; } =
        new(static key =>
            IsPositions(key) ? null
            : key.StartsWith(TextPrefix, StringComparison.Ordinal) ? key
            : TextPrefix + key
        );

    /// <summary>CLIP with both towers.</summary>
    public static KeyRules Clip { get; } = new(static key => IsPositions(key) ? null : key);

    /// <summary>DINO: the head of a plain vision transformer and what stood for hidden patches in training are no part of its features.</summary>
    public static KeyRules Dino { get; } =
        new(static key => key.StartsWith("pooler.", StringComparison.Ordinal) || key == "embeddings.mask_token" ? null : key);

    /// <summary>VAEs: files of before diffusers 0.12 name and shape the attention differently.</summary>
    public static KeyRules Vae { get; } = new(RenameVaeAttention, AllowsConvolutionForm: true);

    private static bool IsPositions(string key) => key.EndsWith("embeddings.position_ids", StringComparison.Ordinal);

    private static string RenameVaeAttention(string key)
    {
        if (!key.Contains(".attentions.", StringComparison.Ordinal))
        {
            return key;
        }

        var parts = key.Split('.');
        parts[^2] = parts[^2] switch
        {
            "query" => "to_q",
            "key" => "to_k",
            "value" => "to_v",
            "proj_attn" => "to_out.0",
            var other => other,
        };
        return string.Join('.', parts);
    }
}
