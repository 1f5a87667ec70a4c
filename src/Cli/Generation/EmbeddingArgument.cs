using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Tokens;

namespace OrleansOneShot.Cli.Generation;

/// <summary><c>--embedding FILE[:NAME]</c>.</summary>
internal static class EmbeddingArgument
{
    private const int LongestName = 128;

    /// <summary>Reads <c>FILE[:NAME]</c>, and checks the file's header.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="InvalidInputException">No file, no file of learned tokens, or no name.</exception>
    public static EmbeddingChoice Parse(string text)
    {
        var (path, name) = FileArgument.Split(text);
        var names = LearnedEmbeddingsFile.NamesOf(path);
        var full = Path.GetFullPath(path);
        if (name is null)
        {
            return new EmbeddingChoice(full, names.Name, names.Alias);
        }

        if (name.StartsWith('<') || name.EndsWith('>'))
        {
            LearnedToken.Validate(name);
        }
        else if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
        {
            throw new InvalidInputException(
                $"--embedding '{text}': behind the colon stands no name, which is a word of up to {LongestName} characters.",
                "embedding",
                "Write it as FILE, FILE:word or \"FILE:<name>\"."
            );
        }

        return new EmbeddingChoice(full, name, null);
    }
}
