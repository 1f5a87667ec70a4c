using System.Text.RegularExpressions;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Monitoring.Tests.Metrics;

/// <summary>The series that a silo exports: the table's, and those of libraries that a real scrape had.</summary>
internal static partial class KnownMetrics
{
    /// <summary>Where the names of a real scrape stand, which EndToEnd.Tests compares with a running silo; "NAME # EVENT": only after the event.</summary>
    public static readonly string[] ScrapeFile = ["tests", "Goldens", "telemetry", "scrape-names.txt"];

    private static readonly string[] s_prefixes = ["oneshot_", "http_server_", "orleans_", "dotnet_"];

    /// <summary>All series.</summary>
    public static IReadOnlySet<string> Series { get; } =
        MetricTable
            .All.SelectMany(row => row.SeriesNames)
            .Concat(File.ReadAllLines(Repository.PathOf(ScrapeFile)).Select(line => line.Split(' ')[0]))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>The series that an expression names; rules that are recorded, with ':' in their names, are not among them.</summary>
    /// <param name="expression">PromQL.</param>
    public static IEnumerable<string> In(string expression) =>
        Name()
            .Matches(Strings().Replace(expression, "\"\""))
            .Select(match => match.Value)
            .Where(name => !name.Contains(':', StringComparison.Ordinal) && s_prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            .Distinct();

    /// <summary>The recorded series that an expression names.</summary>
    /// <param name="expression">PromQL.</param>
    public static IEnumerable<string> RecordedIn(string expression) =>
        Name().Matches(Strings().Replace(expression, "\"\"")).Select(match => match.Value).Where(name => name.StartsWith("oneshot:", StringComparison.Ordinal));

    [GeneratedRegex("""[a-zA-Z_:][a-zA-Z0-9_:]*""")]
    private static partial Regex Name();

    [GeneratedRegex(
        """
            "(?:[^"\\]|\\.)*"
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Strings();
}
