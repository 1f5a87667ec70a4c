using System.CommandLine;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--metadata NAME=TEXT</c>, as often as wanted.</summary>
internal sealed class MetadataOption : Option<string[]>
{
    /// <summary>Creates the option.</summary>
    /// <param name="description">What it is for.</param>
    public MetadataOption(string description)
        : base("--metadata")
    {
        Description = $"{description}, such as --metadata project=cats; repeat it for more.";
        HelpName = "NAME=TEXT";
    }

    /// <summary>The pairs.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Pairs, checked as a job's.</returns>
    /// <exception cref="InvalidInputException">No pair, a name twice, or one that can't be.</exception>
    public IReadOnlyDictionary<string, string> Read(ParseResult parsed)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in parsed.GetValue(this) ?? [])
        {
            const string Form = "Write it as NAME=TEXT, such as --metadata project=cats.";
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
            {
                throw new InvalidInputException($"--metadata {text} is no pair.", "metadata", Form);
            }

            if (!pairs.TryAdd(text[..at], text[(at + 1)..]))
            {
                throw new InvalidInputException($"--metadata gives {text[..at]} twice.", "metadata", "Give each name once.");
            }
        }

        return JobMetadata.Find("metadata", pairs).FirstOrDefault() is { } problem
            ? throw new InvalidInputException(problem.Message, "metadata")
            : JobMetadata.Ordered(pairs);
    }
}
