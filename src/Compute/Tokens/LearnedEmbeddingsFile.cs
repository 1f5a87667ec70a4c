using OrleansOneShot.Common;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>
/// Files of learned token vectors (textual inversion). Written as diffusers does: one key, the placeholder <c>&lt;dog&gt;</c>, with the value (n, d), which A1111 and ComfyUI read too.
/// Read in any form of one tensor: A1111's <c>emb_params</c>, <c>clip_l</c>, or a key of any other name.
/// </summary>
public static class LearnedEmbeddingsFile
{
    /// <summary>Most vectors that are read: what fits between the start and the end token of a 77-position context.</summary>
    public const int MaximumVectors = 75;

    /// <summary>Widest vector that is read.</summary>
    public const int MaximumWidth = 8192;

    // Keys that say what the tensor is, not what it is called; and the one that holds both towers' vectors of SDXL.
    private static readonly string[] GenericKeys = ["emb_params", "clip_l", "string_to_param", "*"];
    private const string SecondTower = "clip_g";

    /// <summary>Reads a file.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="width">The text encoder's width that the vectors must have, or null for any.</param>
    /// <returns>The vectors and their name.</returns>
    /// <exception cref="InvalidInputException">The file is unsound, holds anything else, or has vectors of another width.</exception>
    public static LearnedEmbedding Read(string path, long? width = null)
    {
        var shown = Path.GetFileName(path);
        using var file = SafetensorsFile.Open(path);
        var keys = file.Keys.ToArray();
        if (keys.Contains(SecondTower))
        {
            throw new InvalidInputException($"{shown} holds vectors for Stable Diffusion XL, which is not supported.", shown, "Use an embedding of Stable Diffusion 1.x or 2.x.");
        }

        if (keys.Length != 1)
        {
            throw new InvalidInputException(
                $"{shown} holds {keys.Length} tensors; a file of learned tokens holds one.", shown, "For a LoRA use --lora.");
        }

        var entry = file.Header.Tensors[keys[0]];
        var shape = entry.Shape.Length == 1 ? [1, entry.Shape[0]] : entry.Shape;
        if (shape is not [>= 1 and <= MaximumVectors, >= 1 and <= MaximumWidth])
        {
            throw new InvalidInputException(
                $"{shown}: {Wording.Cut(keys[0], Wording.LongestItem)} is {entry.ShapeText}; learned tokens are (n, d) with n up to {MaximumVectors} and d up to {MaximumWidth}.", shown, "Use a file of learned tokens.");
        }

        if (width is { } expected && shape[1] != expected)
        {
            throw new InvalidInputException(
                $"{shown} holds vectors of {shape[1]} values; this model's text encoder takes {expected}.", shown, "Use an embedding that was made for this base model.");
        }

        using var scope = NewDisposeScope();
        Tensor vectors;
        try
        {
            vectors = new TensorSchema().With(keys[0], TensorSchema.Floating, entry.Shape).Read(file)[keys[0]].reshape(shape).to(ScalarType.Float32, copy: true);
        }
        catch (UnfitTensorsException e)
        {
            throw new InvalidInputException($"{shown} can't be used: {e.Message}.", shown, "Train or download it again.", e);
        }

        var token = GenericKeys.Contains(keys[0]) ? Path.GetFileNameWithoutExtension(path) : keys[0];
        return new LearnedEmbedding(token, vectors.DetachFromDisposeScope(), file.Header.Metadata);
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
}
