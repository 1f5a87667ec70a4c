using System.Text.RegularExpressions;

namespace OrleansOneShot.Monitoring.Tests.Rules;

/// <summary>One alert, as its file has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">Its lines.</param>
internal sealed record Alert(string Name, string Text);

/// <summary>
/// A file of rules of Prometheus. promtool reads them as YAML; here names and expressions are looked at, and lines are enough: a rule begins at each dash.
/// </summary>
internal sealed partial record RuleFile(string Text)
{
    private static readonly string[] s_folder = ["dashboards", "prometheus"];

    /// <summary>Rules whose results are recorded.</summary>
    public static RuleFile Recording { get; } = Read("oneshot-recording.rules.yml");

    /// <summary>Alerts.</summary>
    public static RuleFile Alerting { get; } = Read("oneshot-alerts.rules.yml");

    /// <summary>Tests of both, for promtool.</summary>
    public static string Tests => File.ReadAllText(PathOf("tests", "oneshot-alerts.test.yml"));

    /// <summary>Names of recorded series.</summary>
    public IReadOnlySet<string> Records => Record().Matches(Text).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

    /// <summary>The alerts.</summary>
    public IReadOnlyList<Alert> Alerts =>
        [.. Text.Split("- alert: ").Skip(1).Select(rule => new Alert(rule[..rule.IndexOf('\n', StringComparison.Ordinal)].Trim(), rule))];

    /// <summary>A file beside the rules.</summary>
    /// <param name="parts">Its path from there.</param>
    public static string PathOf(params string[] parts) => Repository.PathOf([.. s_folder, .. parts]);

    /// <summary>The text without what people read alone.</summary>
    public string Expressions => Words().Replace(Text, "");

    private static RuleFile Read(string name) => new(File.ReadAllText(PathOf(name)));

    [GeneratedRegex(@"- record: (\S+)")]
    private static partial Regex Record();

    [GeneratedRegex(@"(?m)^\s*(#.*|summary:.*|description:.*|runbook_url:.*|- record:.*|- name:.*)$")]
    private static partial Regex Words();
}
