using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>Learned token vectors that were read from a file.</summary>
/// <param name="Token">The identifier in prompts, such as <c>&lt;cat&gt;</c>: the file's key or, where the key is a generic one, the file's name.</param>
/// <param name="Vectors">(n, d), float32, on the CPU, detached from any dispose scope; the caller disposes of it.</param>
/// <param name="Metadata">The header's metadata.</param>
public sealed record LearnedEmbedding(string Token, Tensor Vectors, IReadOnlyDictionary<string, string> Metadata);
