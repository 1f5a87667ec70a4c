namespace OrleansOneShot.Compute.Tokens;

/// <summary>What a file of learned tokens is called in prompts.</summary>
/// <param name="Name">
/// The identifier that the file's key is, such as <c>&lt;cat&gt;</c>, or else the word that the file's name is, such as <c>easynegative</c>, as in the web
/// interfaces.
/// </param>
/// <param name="Alias">The key, where it is a word of its own (diffusers takes that), or null.</param>
public sealed record EmbeddingNames(string Name, string? Alias);
