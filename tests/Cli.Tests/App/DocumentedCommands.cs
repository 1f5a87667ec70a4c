using System.Text.RegularExpressions;

namespace OrleansOneShot.Cli.Tests.App;

/// <summary>What the documents tell people to type.</summary>
internal static partial class DocumentedCommands
{
    /// <summary>The documents: the README and the pages of docs, without decisions, which speak of their day.</summary>
    public static IEnumerable<string> Files =>
        Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Prepend(Repository.PathOf("README.md")).Order(StringComparer.Ordinal);

    /// <summary>Command lines of blocks of code that call the program.</summary>
    public static IEnumerable<DocumentedCommand> InBlocks() => Files.SelectMany(file => Blocks(Path.GetFileName(file), File.ReadAllLines(file)));

    /// <summary>Options of the program that sentences name in backticks: those that begin a span, or follow a command in it.</summary>
    public static IEnumerable<(string Place, string Option)> InSentences() =>
        Files.SelectMany(file => Sentences(Path.GetFileName(file), File.ReadAllLines(file)));

    private static IEnumerable<DocumentedCommand> Blocks(string file, string[] lines)
    {
        var (inBlock, isShell) = (false, false);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = !inBlock;
                isShell = inBlock && lines[i].Trim() is "```bash" or "```sh";
                continue;
            }

            if (!isShell)
            {
                continue;
            }

            var place = FormattableString.Invariant($"{file}:{i + 1}");
            var text = lines[i].Trim();
            while (text.EndsWith('\\') && i + 1 < lines.Length)
            {
                text = text[..^1] + lines[++i].Trim();
            }

            if (Call().Match(text) is { Success: true } call)
            {
                yield return new DocumentedCommand(place, [.. Words(text[call.Length..])]);
            }
        }
    }

    private static IEnumerable<(string Place, string Option)> Sentences(string file, string[] lines)
    {
        var inBlock = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = !inBlock;
            }
            else if (!inBlock)
            {
                foreach (var span in Span().Matches(lines[i]).Select(match => match.Groups[1].Value).Where(IsOurs))
                {
                    foreach (var option in Option().Matches(span).Select(match => match.Value))
                    {
                        yield return (FormattableString.Invariant($"{file}:{i + 1}"), option);
                    }
                }
            }
        }
    }

    /// <summary>Whether a span shows this program's options: spans that begin with another program show that one's.</summary>
    private static bool IsOurs(string span) => !OtherProgram().IsMatch(span);

    /// <summary>Words as a shell makes them: quotes taken off, up to a comment, a pipe or a redirection.</summary>
    private static IEnumerable<string> Words(string text)
    {
        foreach (var match in Word().Matches(text).Cast<Match>())
        {
            if (match.Value[0] is '#' or '|' or '>' or '<' or '&' or ';')
            {
                yield break;
            }

            yield return Quote().Replace(match.Value, quoted => quoted.Groups[1].Value + quoted.Groups[2].Value);
        }
    }

    [GeneratedRegex(@"^(\./)?oneshot\s+")]
    private static partial Regex Call();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"^(dotnet|docker|kubectl|helm|npm|python3?|pip|curl|redis-\S*|tests/\S+|build/\S+|bench/\S+|bench|\.ci/\S+|kind|nginx)\b")]
    private static partial Regex OtherProgram();

    [GeneratedRegex("""(?:"[^"]*"|'[^']*'|[^\s"'#|<>&;]|(?<=\S)#)+|[#|<>&;]""")]
    private static partial Regex Word();

    [GeneratedRegex(
        """
            "([^"]*)"|'([^']*)'
            """
    )]
    private static partial Regex Quote();
}

/// <summary>A command line of a document.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Words">The arguments.</param>
internal sealed record DocumentedCommand(string Place, IReadOnlyList<string> Words)
{
    /// <summary>Whether "..." stands for arguments that another example shows.</summary>
    public bool IsShortened => Words.Contains("...");
}
