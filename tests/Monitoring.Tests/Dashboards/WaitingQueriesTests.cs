using OrleansOneShot.Monitoring.Tests.Metrics;
using OrleansOneShot.Monitoring.Tests.Rules;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

public sealed class WaitingQueriesTests
{
    private static readonly string[] s_file = ["dashboards", "prometheus", "tests", "oneshot-panels.test.yml"];

    [Fact]
    public void File_OfTheQueries_IsTheCommittedOne() => GeneratedFile.Check(WaitingQueries.Write(), s_file);

    [Fact]
    public void Queries_ThatWait_AreDistinct_AndOfSeriesThatExist()
    {
        Assert.Distinct(WaitingQueries.All.Select(query => query.Name));
        Assert.Empty(WaitingQueries.All.SelectMany(query => query.Series).SelectMany(series => KnownMetrics.In(series.Series)).Except(KnownMetrics.Series));
    }

    [Fact]
    public async Task Queries_ByPromtool_AreFilledByTheirEvents()
    {
        var (code, output) = await Promtool.RunAsync("test", "rules", RuleFile.PathOf(s_file[2..]));
        Assert.True(code == 0 && output.Contains("SUCCESS", StringComparison.Ordinal), output);
    }
}
