using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>A file of learned tokens and what it is called in prompts.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Name">An identifier such as <c>&lt;cat&gt;</c>, or a bare word such as <c>easynegative</c>.</param>
/// <param name="Alias">Another word for it, or null.</param>
public sealed record EmbeddingChoice(string Path, string Name, string? Alias)
{
    private const string Rename = "Rename one with --embedding \"FILE:<name>\".";

    /// <summary>Whether it is called by an identifier in angle brackets.</summary>
    public bool IsIdentifier => LearnedToken.IsIdentifier(Name);

    /// <summary>Checks that no two files are called the same, letter case aside.</summary>
    /// <param name="choices">All files.</param>
    /// <returns>The same, without aliases that another one is called by.</returns>
    /// <exception cref="InvalidInputException">Two are.</exception>
    public static IReadOnlyList<EmbeddingChoice> RequireDistinct(IReadOnlyList<EmbeddingChoice> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        foreach (var same in choices.GroupBy(choice => choice.Name, StringComparer.OrdinalIgnoreCase))
        {
            if (same.Skip(1).FirstOrDefault() is { } second)
            {
                throw new InvalidInputException(
                    $"Two embeddings are called {second.Name} in prompts: {same.First().Path} and {second.Path}.",
                    "embedding",
                    Rename
                );
            }
        }

        return
        [
            .. choices.Select(choice =>
                choice.Alias is { } alias && choices.Any(other => !ReferenceEquals(other, choice) && IsCalled(other, alias))
                    ? choice with
                    {
                        Alias = null,
                    }
                    : choice
            ),
        ];
    }

    private static bool IsCalled(EmbeddingChoice choice, string word) =>
        string.Equals(choice.Name, word, StringComparison.OrdinalIgnoreCase) || string.Equals(choice.Alias, word, StringComparison.OrdinalIgnoreCase);
}
