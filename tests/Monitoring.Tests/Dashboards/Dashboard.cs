using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>A row of a dashboard.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Panels">Its panels, from the left; they wrap at 24 columns.</param>
internal sealed record Row(string Title, params Panel[] Panels);

/// <summary>A dashboard of Grafana.</summary>
/// <param name="Uid">What links name, for ever.</param>
/// <param name="Title">Title.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record Dashboard(string Uid, string Title, params Row[] Rows)
{
    /// <summary>Labels by which every query chooses.</summary>
    public const string Cluster = "cluster=~\"$cluster\", namespace=~\"$namespace\"";

    /// <summary>As <see cref="Cluster"/>, and the pool of trainers.</summary>
    public const string Pool = Cluster + ", pool=~\"$pool\"";

    private const int Columns = 24;
    private const int SchemaVersion = 39;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All dashboards, in the order of the links between them.</summary>
    public static IReadOnlyList<Dashboard> All { get; } =
    [OverviewDashboard.Create(), TrainingDashboard.Create(), DatasetDashboard.Create(), OrleansDashboard.Create()];

    /// <summary>Name of its file.</summary>
    public string FileName => $"{Uid}.json";

    /// <summary>All its queries, with the panels that show them.</summary>
    public IEnumerable<(Panel Panel, Query Query)> Queries =>
        Rows.SelectMany(row => row.Panels).SelectMany(panel => panel.Queries.Select(query => (panel, query)));

    /// <summary>The dashboard as Grafana imports it.</summary>
    public string Write()
    {
        var (panels, id, y) = (new JsonArray(), 0, 0);
        foreach (var row in Rows)
        {
            panels.Add(
                new JsonObject
                {
                    ["id"] = ++id,
                    ["type"] = "row",
                    ["title"] = row.Title,
                    ["collapsed"] = false,
                    ["gridPos"] = new JsonObject
                    {
                        ["x"] = 0,
                        ["y"] = y++,
                        ["w"] = Columns,
                        ["h"] = 1,
                    },
                    ["panels"] = new JsonArray(),
                }
            );
            var (x, height) = (0, 0);
            foreach (var panel in row.Panels)
            {
                if (x + panel.Width > Columns)
                {
                    (x, y, height) = (0, y + height, 0);
                }

                panels.Add(panel.ToJson(++id, x, y));
                (x, height) = (x + panel.Width, Math.Max(height, panel.Height));
            }

            y += height;
        }

        var dashboard = new JsonObject
        {
            ["uid"] = Uid,
            ["title"] = Title,
            ["tags"] = new JsonArray("oneshot"),
            ["schemaVersion"] = SchemaVersion,
            ["version"] = 1,
            ["editable"] = true,
            ["timezone"] = "browser",
            ["refresh"] = "30s",
            ["graphTooltip"] = 1,
            ["time"] = new JsonObject { ["from"] = "now-6h", ["to"] = "now" },
            ["links"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "dashboards",
                    ["title"] = "OrleansOneShot",
                    ["tags"] = new JsonArray("oneshot"),
                    ["keepTime"] = true,
                    ["includeVars"] = true,
                }
            ),
            ["templating"] = new JsonObject
            {
                ["list"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "datasource",
                        ["label"] = "Data source",
                        ["type"] = "datasource",
                        ["query"] = "prometheus",
                    },
                    Variable("cluster", "Cluster", "label_values(oneshot_build_info, cluster)"),
                    Variable("namespace", "Namespace", """label_values(oneshot_build_info{cluster=~"$cluster"}, namespace)"""),
                    Variable("pool", "Pool", """label_values(oneshot_build_info{cluster=~"$cluster", namespace=~"$namespace"}, pool)""")
                ),
            },
            ["annotations"] = new JsonObject { ["list"] = new JsonArray() },
            ["panels"] = panels,
        };
        return dashboard.ToJsonString(s_json).ReplaceLineEndings("\n") + "\n";
    }

    // ".*" also where a label is missing, as it is without Kubernetes.
    private static JsonObject Variable(string name, string label, string query) =>
        new()
        {
            ["name"] = name,
            ["label"] = label,
            ["type"] = "query",
            ["datasource"] = Panel.Datasource(),
            ["query"] = query,
            ["refresh"] = 2,
            ["includeAll"] = true,
            ["allValue"] = ".*",
            ["multi"] = true,
            ["current"] = new JsonObject { ["text"] = "All", ["value"] = "$__all" },
            ["sort"] = 1,
        };
}
