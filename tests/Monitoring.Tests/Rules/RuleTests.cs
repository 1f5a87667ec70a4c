using System.Text.RegularExpressions;
using OrleansOneShot.Monitoring.Tests.Metrics;

namespace OrleansOneShot.Monitoring.Tests.Rules;

public sealed partial class RuleTests
{
    // What a section of a runbook answers, in this order.
    private static readonly string[] s_answers = ["**Symptom.**", "**Where to look.**", "**Safe action.**", "**How recovery shows.**"];

    public static TheoryData<string> Alerts => [.. RuleFile.Alerting.Alerts.Select(alert => alert.Name)];

    [Fact]
    public void Expressions_OfAllRules_NameSeriesThatExist()
    {
        foreach (var file in new[] { RuleFile.Recording, RuleFile.Alerting })
        {
            var names = KnownMetrics.In(file.Expressions).ToList();
            Assert.NotEmpty(names);
            Assert.Empty(names.Except(KnownMetrics.Series));
            Assert.Empty(KnownMetrics.RecordedIn(file.Expressions).Except(RuleFile.Recording.Records));
        }
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Alert_OfTheFile_HasASeverityAndWordsAndASectionOfTheRunbooks(string name)
    {
        var alert = RuleFile.Alerting.Alerts.Single(alert => alert.Name == name);
        Assert.Matches("severity: (critical|warning)\n", alert.Text);
        Assert.Contains("summary:", alert.Text, StringComparison.Ordinal);
        Assert.Contains("description:", alert.Text, StringComparison.Ordinal);
        Assert.Contains($"runbook_url: docs/RUNBOOKS.md#{name.ToLowerInvariant()}\n", alert.Text, StringComparison.Ordinal);
        var sections = File.ReadAllText(Repository.PathOf("docs", "RUNBOOKS.md")).Split("\n## ");
        var section = Assert.Single(sections, section => section.StartsWith(name + "\n", StringComparison.Ordinal));
        var at = s_answers.Select(answer => section.IndexOf(answer, StringComparison.Ordinal)).ToList();
        Assert.All(at, place => Assert.True(place > 0, section));
        Assert.Equal(at.Order(), at);
        Assert.Contains("```", section, StringComparison.Ordinal);
    }

    [Fact]
    public void Runbooks_OfTheDocument_AreThoseOfAlerts() =>
        Assert.Equal(
            RuleFile.Alerting.Alerts.Select(alert => alert.Name),
            Section().Matches(File.ReadAllText(Repository.PathOf("docs", "RUNBOOKS.md"))).Select(match => match.Groups[1].Value)
        );

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Alert_OfTheFile_IsTestedFiringAndNot(string name)
    {
        var cases = RuleFile.Tests.Split("- name: ").Skip(1).Where(test => test.Contains($"- alertname: {name}\n", StringComparison.Ordinal)).ToList();
        Assert.Contains(cases, test => test.StartsWith($"{name} fires ", StringComparison.Ordinal) && test.Contains("exp_alerts:", StringComparison.Ordinal));
        Assert.Contains(
            cases,
            test => test.StartsWith($"{name} is quiet ", StringComparison.Ordinal) && !test.Contains("exp_alerts:", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Rules_ByPromtool_AreValid()
    {
        var (code, output) = await Promtool.RunAsync(
            "check",
            "rules",
            RuleFile.PathOf("oneshot-recording.rules.yml"),
            RuleFile.PathOf("oneshot-alerts.rules.yml")
        );
        Assert.True(code == 0 && !output.Contains("FAILED", StringComparison.Ordinal), output);
        Assert.Contains($"SUCCESS: {RuleFile.Alerting.Alerts.Count} rules found", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alerts_ByPromtool_FireWhenTheyShould()
    {
        var (code, output) = await Promtool.RunAsync("test", "rules", RuleFile.PathOf("tests", "oneshot-alerts.test.yml"));
        Assert.True(code == 0 && output.Contains("SUCCESS", StringComparison.Ordinal), output);
    }

    [GeneratedRegex(@"(?m)^## (OneShot\w+)$")]
    private static partial Regex Section();
}
