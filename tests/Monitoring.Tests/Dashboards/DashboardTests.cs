using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansOneShot.Monitoring.Tests.Metrics;
using OrleansOneShot.Monitoring.Tests.Rules;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

public sealed partial class DashboardTests
{
    public static TheoryData<string> Uids => [.. Dashboard.All.Select(dashboard => dashboard.Uid)];

    [Theory]
    [MemberData(nameof(Uids))]
    public void File_OfADashboard_IsTheCommittedOne(string uid) => GeneratedFile.Check(Of(uid).Write(), "dashboards", Of(uid).FileName);

    [Fact]
    public void Files_OfTheFolder_AreThoseOfTheDashboards() =>
        Assert.Equal(
            Dashboard.All.Select(dashboard => dashboard.FileName).Order(StringComparer.Ordinal),
            Directory.GetFiles(Repository.PathOf("dashboards"), "*.json").Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );

    // A dashboard that names what nobody exports is empty, and nobody knows why.
    [Theory]
    [MemberData(nameof(Uids))]
    public void Queries_OfADashboard_NameSeriesThatExist(string uid)
    {
        Assert.NotEmpty(Of(uid).Queries);
        var unknown = Of(uid)
            .Queries.SelectMany(query =>
                KnownMetrics
                    .In(query.Query.Expression)
                    .Where(name => !KnownMetrics.Series.Contains(name))
                    .Concat(KnownMetrics.RecordedIn(query.Query.Expression).Where(name => !RuleFile.Recording.Records.Contains(name)))
                    .Select(name => $"{query.Panel.Title}: {name}")
            );
        Assert.Empty(unknown);
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Queries_OfADashboard_ChooseByItsVariables(string uid) =>
        Assert.All(
            Of(uid).Queries,
            query =>
            {
                Assert.Equal(
                    KnownMetrics.In(query.Query.Expression).Concat(KnownMetrics.RecordedIn(query.Query.Expression)).Any(),
                    query.Query.Expression.Contains(Dashboard.Cluster, StringComparison.Ordinal)
                );
                // A fixed window is empty, or smooths away, at the wrong zoom; an hour is meant where it is said.
                Assert.DoesNotMatch(FixedWindow(), query.Query.Expression);
                Assert.DoesNotContain("orleans_app_requests_latency_milliseconds_bucket", query.Query.Expression, StringComparison.Ordinal);
            }
        );

    [Theory]
    [MemberData(nameof(Uids))]
    public void Panels_OfADashboard_HaveTitlesUnitsAndPlacesOfTheirOwn(string uid)
    {
        var panels = JsonNode.Parse(Of(uid).Write())!["panels"]!.AsArray().Select(panel => panel!).ToList();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        var places = panels.Select(panel => panel["gridPos"]!).Select(at => (X: (int)at["x"]!, Y: (int)at["y"]!, W: (int)at["w"]!, H: (int)at["h"]!)).ToList();
        Assert.All(places, place => Assert.InRange(place.X + place.W, 1, 24));
        Assert.DoesNotContain(
            from a in places
            from b in places
            where a != b && a.X < b.X + b.W && b.X < a.X + a.W && a.Y < b.Y + b.H && b.Y < a.Y + a.H
            select (a, b),
            _ => true
        );
        Assert.All(
            panels.Where(panel => (string?)panel["type"] != "row"),
            panel =>
            {
                Assert.NotEmpty((string)panel["title"]!);
                Assert.NotEmpty((string)panel["description"]!);
                Assert.NotEmpty((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
                Assert.Equal("${datasource}", (string?)panel["datasource"]!["uid"]);
            }
        );
    }

    [Fact]
    public void Uids_OfAllDashboards_AreThoseThatLinksName() =>
        Assert.Equal(["oneshot-overview", "oneshot-training", "oneshot-datasets", "oneshot-orleans"], Dashboard.All.Select(dashboard => dashboard.Uid));

    private static Dashboard Of(string uid) => Dashboard.All.Single(dashboard => dashboard.Uid == uid);

    [GeneratedRegex(@"\[[0-9]+[sm]\]")]
    private static partial Regex FixedWindow();
}
