using OrleansOneShot.Common;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>
/// Files of learned token vectors (textual inversion). Written as diffusers does: one key, the placeholder <c>&lt;dog&gt;</c>, with the value (n, d), which
/// A1111 and ComfyUI read too. Read in any form of one tensor: A1111's <c>emb_params</c>, <c>clip_l</c> (of Stable Diffusion XL's two the one), or a key of any
/// other name.
/// </summary>
public static class LearnedEmbeddingsFile
{
    /// <summary>Most vectors that are read: what fits between the start and the end token of a 77-position context.</summary>
    public const int MaximumVectors = 75;

    /// <summary>Widest vector that is read.</summary>
    public const int MaximumWidth = 8192;

    // Keys that say what the tensor is, not what it is called.
    private static readonly string[] s_genericKeys =
    [
        "emb_params",
        FirstTower,
        "string_to_param",
        "string_to_param.*",
        "*",
        "embedding",
        "embeddings",
        "weight",
        "t",
    ];

    // The text encoder that Stable Diffusion 1.x shares with XL and 3, and what those have beside it.
    private const string FirstTower = "clip_l";
    private static readonly string[] s_otherTowers = ["clip_g", "t5xxl"];

    /// <summary>What a file is called in prompts, by its header and its name.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="InvalidInputException">The file is unsound or holds anything else.</exception>
    public static EmbeddingNames NamesOf(string path)
    {
        var header = SafetensorsHeader.Read(path);
        return NamesOf(path, KeyOf(Path.GetFileName(path), header));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="width">The text encoder's width that the vectors must have, or null for any.</param>
    /// <returns>The vectors and their names.</returns>
    /// <exception cref="InvalidInputException">The file is unsound, holds anything else, or has vectors of another width.</exception>
    public static LearnedEmbedding Read(string path, long? width = null)
    {
        var shown = Path.GetFileName(path);
        using var file = SafetensorsFile.Open(path);
        var key = KeyOf(shown, file.Header);
        var isOfSeveral = file.Header.Tensors.Count > 1;
        var entry = file.Header.Tensors[key];
        var shape = entry.Shape switch
        {
            [var values] => [1, values],
            [1, var rows, var values] => [rows, values],
            _ => entry.Shape,
        };
        if (shape is not [>= 1 and <= MaximumVectors, >= 1 and <= MaximumWidth])
        {
            throw new InvalidInputException(
                $"{shown}: {Wording.Cut(key, Wording.LongestItem)} is {entry.ShapeText}; learned tokens are (n, d) with n up to {MaximumVectors} and d up to "
                    + $"{MaximumWidth}.",
                shown,
                "Use a file of learned tokens."
            );
        }

        if (width is { } expected && shape[1] != expected)
        {
            var family = isOfSeveral ? "Stable Diffusion XL or 3" : ForeignLora.FamilyOfWidth(shape[1]);
            throw new InvalidInputException(
                $"{shown} holds vectors of {shape[1]} values{(family is null ? "" : $", for {family}")}; this model's text encoder takes {expected}.",
                shown,
                "Use an embedding that was made for this base model."
            );
        }

        using var scope = NewDisposeScope();
        if (!TensorSchema.Floating.Contains(entry.ElementType))
        {
            throw new InvalidInputException(
                $"{shown} can't be used: {key} is of type {SafetensorsTypes.NameOf(entry.ElementType)}, not "
                    + $"{Wording.List(TensorSchema.Floating.Select(SafetensorsTypes.NameOf), " or ")}.",
                shown,
                "Train or download it again."
            );
        }

        var vectors = file.Get(entry).reshape(shape).to(ScalarType.Float32, copy: true);
        if (!vectors.IsAllFinite())
        {
            throw new InvalidInputException($"{shown} can't be used: {key} holds values that are not finite.", shown, "Train or download it again.");
        }

        IReadOnlyList<string> warnings = isOfSeveral
            ? [$"{shown} was made for Stable Diffusion XL or 3; of it only {FirstTower} is used, the text encoder that this model shares with those."]
            : [];
        return new LearnedEmbedding(NamesOf(path, key), vectors.DetachFromDisposeScope(), file.Header.Metadata, warnings);
    }

    /// <summary>Writes a file with the one key <paramref name="token"/>, in float32.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="token">The placeholder, such as <c>&lt;cat&gt;</c>.</param>
    /// <param name="vectors">(n, d).</param>
    /// <param name="spec">What the file says about itself.</param>
    /// <exception cref="ArgumentException">The vectors are no matrix of at least one row.</exception>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left at <paramref name="path"/> but what was there.</exception>
    public static void Write(string path, string token, Tensor vectors, ModelSpec spec)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(spec);
        if (vectors.shape is not [>= 1, >= 1])
        {
            throw new ArgumentException($"Learned tokens are (n, d), not {Wording.Shape(vectors.shape)}.", nameof(vectors));
        }

        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { [token] = vectors.detach().to(ScalarType.Float32) };
        HashedSafetensorsWriter.Write(path, tensors, spec.ToMetadata("textual-inversion", "diffusers"), withKohyaHashes: false);
    }

    private static EmbeddingNames NamesOf(string path, string key)
    {
        if (LearnedToken.IsIdentifier(key))
        {
            return new EmbeddingNames(key, null);
        }

        var word = Path.GetFileNameWithoutExtension(path);
        return new EmbeddingNames(word, s_genericKeys.Contains(key) || string.Equals(key, word, StringComparison.OrdinalIgnoreCase) ? null : key);
    }

    private static string KeyOf(string shown, SafetensorsHeader header)
    {
        string[] keys = [.. header.Tensors.Keys];
        if (keys.Contains(FirstTower) && keys.All(key => key == FirstTower || s_otherTowers.Contains(key)))
        {
            return FirstTower;
        }

        if (keys.Length > 0 && keys.All(s_otherTowers.Contains))
        {
            throw new InvalidInputException(
                $"{shown} holds vectors for Stable Diffusion XL or 3 alone ({keys[0]}), which are not supported.",
                shown,
                "Use an embedding of Stable Diffusion 1.x or 2.x."
            );
        }

        if (Array.Find(keys, key => LoraKey.Parse(key) is not null) is { } ofLora)
        {
            throw new InvalidInputException($"{shown} is a LoRA ({ofLora}), not a file of learned tokens.", shown, "Give it with --lora.");
        }

        return keys is [var one]
            ? one
            : throw new InvalidInputException(
                $"{shown} holds {keys.Length} tensors; a file of learned tokens holds one.",
                shown,
                "For a LoRA use --lora, for a whole model --model."
            );
    }
}

/// <summary>Learned token vectors that were read from a file.</summary>
/// <param name="Names">What they are called in prompts.</param>
/// <param name="Vectors">(n, d), float32, on the CPU, detached from any dispose scope; the caller disposes of it.</param>
/// <param name="Metadata">The header's metadata.</param>
/// <param name="Warnings">What the file holds that is not used, in sentences for people.</param>
public sealed record LearnedEmbedding(EmbeddingNames Names, Tensor Vectors, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Warnings);

/// <summary>What a file of learned tokens is called in prompts.</summary>
/// <param name="Name">
/// The identifier that the file's key is, such as <c>&lt;cat&gt;</c>, or else the word that the file's name is, such as <c>easynegative</c>, as in the web
/// interfaces.
/// </param>
/// <param name="Alias">The key, where it is a word of its own (diffusers takes that), or null.</param>
public sealed record EmbeddingNames(string Name, string? Alias);
