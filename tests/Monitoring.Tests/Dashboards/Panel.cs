using System.Text.Json.Nodes;

namespace OrleansOneShot.Monitoring.Tests.Dashboards;

/// <summary>A query and the name of what it gives.</summary>
/// <param name="Expression">PromQL.</param>
/// <param name="Legend">Name of each series, with its labels as {{label}}.</param>
internal sealed record Query(string Expression, string Legend = "");

/// <summary>A panel of a dashboard.</summary>
/// <param name="Kind">Grafana's name of the panel's type.</param>
/// <param name="Title">Title.</param>
/// <param name="Description">What it shows, what is good, and what fills it, for those who look at it at night.</param>
/// <param name="Unit">Grafana's name of the unit.</param>
/// <param name="Queries">What it shows.</param>
internal sealed record Panel(string Kind, string Title, string Description, string Unit, params Query[] Queries)
{
    /// <summary>Width in columns of 24.</summary>
    public int Width { get; init; } = 12;

    /// <summary>Height in rows.</summary>
    public int Height { get; init; } = 8;

    /// <summary>Whether series lie on each other.</summary>
    public bool IsStacked { get; init; }

    /// <summary>Values from which on it is yellow and red; empty: it is never.</summary>
    public double[] Thresholds { get; init; } = [];

    /// <summary>A single number.</summary>
    public static Panel Stat(string title, string description, string unit, string expression, params double[] thresholds) =>
        new("stat", title, description, unit, new Query(expression))
        {
            Width = 4,
            Height = 4,
            Thresholds = thresholds,
        };

    /// <summary>Lines over time.</summary>
    public static Panel Lines(string title, string description, string unit, params Query[] queries) => new("timeseries", title, description, unit, queries);

    /// <summary>A histogram over time.</summary>
    public static Panel Heat(string title, string description, string expression) => new("heatmap", title, description, "s", new Query(expression, "{{le}}"));

    /// <summary>The panel as Grafana reads it.</summary>
    /// <param name="id">Its number in the dashboard.</param>
    /// <param name="x">Its column.</param>
    /// <param name="y">Its row.</param>
    public JsonObject ToJson(int id, int x, int y) =>
        new()
        {
            ["id"] = id,
            ["type"] = Kind,
            ["title"] = Title,
            ["description"] = Description,
            ["datasource"] = Datasource(),
            ["gridPos"] = new JsonObject
            {
                ["x"] = x,
                ["y"] = y,
                ["w"] = Width,
                ["h"] = Height,
            },
            ["targets"] = new JsonArray([.. Queries.Select((query, i) => (JsonNode)Target(query, i))]),
            ["fieldConfig"] = FieldConfig(),
            ["options"] = Options(),
        };

    /// <summary>The source that the dashboard's variable names.</summary>
    public static JsonObject Datasource() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };

    private JsonObject Target(Query query, int index)
    {
        var target = new JsonObject
        {
            ["refId"] = ((char)('A' + index)).ToString(),
            ["datasource"] = Datasource(),
            ["expr"] = query.Expression,
            ["legendFormat"] = query.Legend,
        };
        if (Kind == "heatmap")
        {
            target["format"] = "heatmap";
        }
        if (Kind == "stat")
        {
            target["instant"] = true;
        }
        return target;
    }

    private JsonObject FieldConfig()
    {
        var steps = new JsonArray(new JsonObject { ["color"] = "green", ["value"] = null });
        foreach (var (value, color) in Thresholds.Zip(["yellow", "red"]))
        {
            steps.Add(new JsonObject { ["color"] = color, ["value"] = value });
        }

        var defaults = new JsonObject
        {
            ["unit"] = Unit,
            ["thresholds"] = new JsonObject { ["mode"] = "absolute", ["steps"] = steps },
        };
        if (Kind == "timeseries")
        {
            defaults["min"] = 0;
            defaults["custom"] = new JsonObject
            {
                ["fillOpacity"] = IsStacked ? 30 : 0,
                ["showPoints"] = "never",
                ["stacking"] = new JsonObject { ["mode"] = IsStacked ? "normal" : "none" },
            };
        }

        return new JsonObject { ["defaults"] = defaults, ["overrides"] = new JsonArray() };
    }

    private JsonObject Options() =>
        Kind switch
        {
            "stat" => new JsonObject
            {
                ["colorMode"] = Thresholds.Length == 0 ? "none" : "value",
                ["reduceOptions"] = new JsonObject { ["calcs"] = new JsonArray("lastNotNull") },
            },
            "heatmap" => new JsonObject
            {
                ["calculate"] = false,
                ["color"] = new JsonObject
                {
                    ["mode"] = "scheme",
                    ["scheme"] = "Oranges",
                    ["steps"] = 64,
                },
                ["yAxis"] = new JsonObject { ["unit"] = Unit },
                ["cellGap"] = 1,
            },
            _ => new JsonObject
            {
                ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom" },
                ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
            },
        };
}
