using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>Learned token vectors that were read from a file.</summary>
/// <param name="Names">What they are called in prompts.</param>
/// <param name="Vectors">(n, d), float32, on the CPU, detached from any dispose scope; the caller disposes of it.</param>
/// <param name="Metadata">The header's metadata.</param>
/// <param name="Warnings">What the file holds that is not used, in sentences for people.</param>
public sealed record LearnedEmbedding(EmbeddingNames Names, Tensor Vectors, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Warnings);
