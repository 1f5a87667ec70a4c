using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>One training of a comparison: an object, taught by a method with settings, from a seed. It is an item of a dataset run.</summary>
/// <param name="Id">The item's id, such as <c>cat.lora.s1</c>.</param>
/// <param name="Item">The object, as the manifest has it.</param>
/// <param name="Method">The method.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Row">Whose figures it counts for: cells of one row differ in object and seed alone.</param>
internal sealed record ComparisonCell(string Id, DatasetItemPlan Item, ComparedMethod Method, MethodSettings Settings, long Seed, string Row)
{
    /// <summary>A cell of the table.</summary>
    /// <param name="item">The object.</param>
    /// <param name="method">The method.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="seed">The seed.</param>
    public static ComparisonCell OfTable(DatasetItemPlan item, ComparedMethod method, MethodSettings settings, long seed) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{item.Id}.{method.Id}.s{seed}"), item, method, settings, seed, method.Id);

    /// <summary>A cell of the grid.</summary>
    /// <param name="item">The tuning object.</param>
    /// <param name="method">The method.</param>
    /// <param name="settings">A setting of its grid.</param>
    /// <param name="number">The setting's number in the grid, from 1.</param>
    /// <param name="seed">The seed.</param>
    public static ComparisonCell OfGrid(DatasetItemPlan item, ComparedMethod method, MethodSettings settings, int number, long seed) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{item.Id}.{method.Id}.g{number}.s{seed}"), item, method, settings, seed, RowOfGrid(method, number));

    /// <summary>What the figures of a setting of a grid are called.</summary>
    /// <param name="method">The method.</param>
    /// <param name="number">The setting's number, from 1.</param>
    public static string RowOfGrid(ComparedMethod method, int number) => string.Create(CultureInfo.InvariantCulture, $"{method.Id}.g{number}");

    /// <summary>What it trains and draws with.</summary>
    public ItemOptions Options
    {
        get
        {
            var options = Item.Options with
            {
                Method = Method.Options,
                Training = Item.Options.Training with
                {
                    LearningRate = Settings.LearningRate,
                    TokenLearningRate = Method.Options.Name == TrainingMethod.Ours ? Settings.TokenLearningRate : null,
                    Steps = Settings.Steps,
                    Schedule = Settings.Schedule,
                },
                Seed = Seed,
            };
            return Method.Change is not { } change
                ? options
                : options with
                {
                    Method = change.Put(options.Method),
                    Training = change.Put(options.Training),
                    Samples = change.Put(options.Samples),
                };
        }
    }

    /// <summary>Its line in the manifest of a dataset run; paths are absolute, so that it may lie anywhere.</summary>
    /// <param name="stamp">What its result is known by (<see cref="ComparisonStamps"/>).</param>
    public string ToLine(string stamp)
    {
        var one = Item.Objects[0];
        var named = new JsonObject { ["class"] = Item.Classes[0], ["token"] = Item.Tokens[0] };
        if (one.Mask is { } mask)
        {
            named["mask"] = mask;
        }
        else if (one.Prompt?.Box is { } box)
        {
            named["box"] = string.Create(CultureInfo.InvariantCulture, $"{box.X},{box.Y},{box.Width},{box.Height}");
        }

        if (one.Reading is { Invert: true })
        {
            named["invert"] = true;
        }

        if (one.Reading?.Value is { } value)
        {
            named["value"] = value.ToString();
        }

        var metadata = new JsonObject(Item.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)))
        {
            ["method"] = Method.Id,
            ["object"] = Item.Id,
            [ComparisonStamps.Name] = stamp,
        };
        return new JsonObject
        {
            ["id"] = Id,
            ["image"] = Item.Image,
            ["objects"] = new JsonArray(named),
            ["options"] = JsonSerializer.SerializeToNode(Options, DocumentJson.Options),
            ["metadata"] = metadata,
        }.ToJsonString(DocumentJson.Options);
    }
}
