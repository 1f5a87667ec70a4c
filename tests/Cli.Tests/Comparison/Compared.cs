using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>Parts of comparisons, made up.</summary>
internal static class Compared
{
    /// <summary>The figures that <see cref="Measures"/> makes.</summary>
    public static readonly string[] Figures = ["ta", "ia", "colour_distance"];

    /// <summary>An object of a manifest.</summary>
    public static DatasetItemPlan Item(string id, ManifestSplit? split = null) =>
        new()
        {
            Id = id,
            Image = $"/photos/{id}.png",
            Objects = [new ObjectArgument($"/photos/{id}-mask.png", null, "cat", "<cat>")],
            Classes = ["cat"],
            Tokens = ["<cat>"],
            Options = new ItemOptions
            {
                Samples = new SampleOptions { Prompts = ["a photo of <cat> in space"], PerPrompt = 2 },
            },
            Metadata = JobMetadata.None(),
            Notes = [],
            Split = split,
        };

    /// <summary>Figures of an object by row; in the order of <see cref="Figures"/>. The floor is 0.6, 0.4, 30, the ceiling 0.5, 0.8, 2.</summary>
    public static ObjectMeasures Measures(string id, params (string Row, double[] Values)[] rows) =>
        new(id, rows.ToDictionary(row => row.Row, row => (IReadOnlyDictionary<string, double>)Of(row.Values)), Of(0.6, 0.4, 30), Of(0.5, 0.8, 2));

    /// <summary>What a comparison of ours and plain LoRA came to.</summary>
    public static ComparisonDocument Document(string preset, ComparisonTable table) =>
        new(
            "/out",
            "oneshot compare --manifest a.jsonl --out out",
            preset,
            "toyworld-64",
            new EvaluationModels(new FeatureModel("toyworld-64/clip", new string('a', 64)), null),
            3,
            table.Objects,
            ["a photo of <cat> in space"],
            6,
            [new MethodDocument("ours", "ours", 1e-3, 100, 9, 12.3), new MethodDocument("lora", "plain LoRA", 2e-3, 50, 8, null)],
            table.Figures,
            [],
            [],
            [new FailedTraining("cat.lora.s1", "It is | broken.")],
            [.. table.Doubts()]
        );

    private static Dictionary<string, double> Of(params double[] values) => Figures.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
}
