using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Every setting is resolved, and is in a checkpoint's fingerprint if weights depend on it.</summary>
public sealed class SettingEffectTests
{
    // What weights don't depend on: how pictures are drawn, how often a checkpoint or a preview is, and on which device.
    private static readonly string[] s_notOfTheWeights = ["checkpoint_every", "device", "preview_every"];

    private static readonly (OtherSetting Other, ImplantationOptions Options, bool OfTheWeights)[] s_table =
    [
        .. OtherSetting
            .All<TrainingOptions>()
            .Select(other => (other, Resolve(training: other.In<TrainingOptions>()), !s_notOfTheWeights.Contains(other.Setting.Name))),
        .. OtherSetting.All<MethodOptions>().Select(other => (other, Resolve(method: other.In<MethodOptions>()), true)),
        .. OtherSetting.All<SampleOptions>().Select(other => (other, Resolve(samples: other.In<SampleOptions>()), false)),
        .. Enum.GetValues<MoreLoraTargets>()
            .Where(more => more != MoreLoraTargets.None)
            .Select(more =>
                (
                    new OtherSetting(Setting.Of<TrainingOptions>(options => options.Targets), more, $"attention and {more}"),
                    Resolve(training: new TrainingOptions { MoreTargets = more }),
                    true
                )
            ),
    ];

    public static TheoryData<int, string> Rows => [.. s_table.Select((row, i) => (i, row.Other.ToString()))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Resolve_OtherValue_IsInTheOptionsThatTheManifestRecords(int row, string text)
    {
        _ = text;
        Assert.False(JsonNode.DeepEquals(UsedOptions.Describe(Resolve()), UsedOptions.Describe(s_table[row].Options)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Fingerprint_OtherValue_DiffersIfWeightsDependOnIt(int row, string text)
    {
        _ = text;
        Assert.Equal(s_table[row].OfTheWeights, FingerprintOf(Resolve()) != FingerprintOf(s_table[row].Options));
    }

    // The fingerprint of a run without options, as it stands in checkpoints since the first version: they must be taken up.
    [Fact]
    public void Fingerprint_NoOptions_IsThatOfEarlierCheckpoints() =>
        Assert.StartsWith("77a4fa2d93eee5a13be1192d4efa20efb9c94464cf63ca116b", FingerprintOf(Resolve()), StringComparison.Ordinal);

    [Fact]
    public void Resolve_ModelsDefaults_HoldWhereNothingWasAskedFor()
    {
        var model = new ModelDefaults
        {
            Resolution = 64,
            LearningRate = 0.002,
            LearningRateSchedule = "cosine",
            Steps = 7,
            SamplingSteps = 9,
            GuidanceScale = 3,
            Vectors = 2,
            Prototype = new PrototypeDefaults { LearningRate = 0.5, Steps = 11 },
            PromptTemplate = "{} drawn",
        };

        var open = ImplantationOptions.Resolve("x", 1, new MethodOptions(), new TrainingOptions(), new SampleOptions(), model);
        Assert.Equal((64, 0.002, LearningRateSchedule.Cosine, 7), (open.Resolution, open.LearningRate, open.Schedule, open.Steps));
        Assert.Equal(
            (9, 3.0, 2, 0.5, 11, "{} drawn"),
            (open.SamplingSteps, open.GuidanceScale, open.Vectors, open.Prototype.LearningRate, open.Prototype.Steps, open.PromptTemplate)
        );

        var asked = ImplantationOptions.Resolve(
            "x",
            1,
            new MethodOptions
            {
                Vectors = 3,
                PrototypeLearningRate = 0.1,
                PrototypeSteps = 0,
            },
            new TrainingOptions
            {
                Resolution = 32,
                LearningRate = 0.1,
                Schedule = LearningRateSchedule.Constant,
                Steps = 8,
            },
            new SampleOptions { Steps = 10, GuidanceScale = 2 },
            model
        );
        Assert.Equal((32, 0.1, LearningRateSchedule.Constant, 8), (asked.Resolution, asked.LearningRate, asked.Schedule, asked.Steps));
        Assert.Equal((10, 2.0, 3, 0.1, 0), (asked.SamplingSteps, asked.GuidanceScale, asked.Vectors, asked.Prototype.LearningRate, asked.Prototype.Steps));
    }

    private static string FingerprintOf(ImplantationOptions options) =>
        Fingerprint.Of(new ImplantationInputs([1], [new ImplantationObject("cat", "<cat>", [2])]), options, "model", "Float32");

    private static ImplantationOptions Resolve(MethodOptions? method = null, TrainingOptions? training = null, SampleOptions? samples = null) =>
        ImplantationOptions.Resolve(
            "cat",
            0,
            method ?? new MethodOptions(),
            training ?? new TrainingOptions(),
            samples ?? new SampleOptions(),
            new ModelDefaults()
        );
}
