using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>A model's oneshot.json fills in what a request leaves open, and nothing else.</summary>
public sealed class ModelDefaultTests(OptionRuns runs) : IClassFixture<OptionRuns>
{
    // A field of oneshot.json, its value there, how the resolved options are read, what the method's default is, and a request that says otherwise with what
    // then holds; without one, no request can.
    private static readonly (
        string Field,
        string Json,
        Func<ImplantationOptions, object> Read,
        object There,
        object Else,
        Func<ImplantationRequest, ImplantationRequest>? Ask,
        object? Asked
    )[] s_table =
    [
        ("resolution", "64", o => o.Resolution, 64, 512, r => r with { Training = r.Training with { Resolution = 80 } }, 80),
        ("learning_rate", "0.5", o => o.LearningRate, 0.5, 1e-4, r => r with { Training = r.Training with { LearningRate = 0.25 } }, 0.25),
        (
            "learning_rate_schedule",
            "\"cosine\"",
            o => o.Schedule.ToString(),
            "Cosine",
            "Constant",
            r => r with { Training = r.Training with { Schedule = LearningRateSchedule.Constant } },
            "Constant"
        ),
        ("token_learning_rate", "0.5", o => o.TokenLearningRate ?? 0, 0.5, 0.0, r => r with { Training = r.Training with { TokenLearningRate = 0.25 } }, 0.25),
        ("min_snr_gamma", "5", o => o.Objective.MinSnrGamma, 5.0, 0.0, r => r with { Training = r.Training with { MinSnrGamma = 0 } }, 0.0),
        (
            "augment",
            "\"flip,crop\"",
            o => o.Augment,
            Augmentations.Flip | Augmentations.Crop,
            Augmentations.None,
            r => r with { Training = r.Training with { Augment = Augmentations.None } },
            Augmentations.None
        ),
        (
            "mask_normalisation",
            "\"area\"",
            o => o.Objective.MaskNormalisation,
            MaskNormalisation.Area,
            MaskNormalisation.Mean,
            r => r with { Method = r.Method with { MaskNormalisation = MaskNormalisation.Mean } },
            MaskNormalisation.Mean
        ),
        ("steps", "7", o => o.Steps, 7, 100, r => r with { Training = r.Training with { Steps = 9 } }, 9),
        ("sampling_steps", "3", o => o.SamplingSteps, 3, 25, r => r with { Samples = r.Samples with { Steps = 4 } }, 4),
        ("guidance_scale", "2.5", o => o.GuidanceScale, 2.5, 7.5, r => r with { Samples = r.Samples with { GuidanceScale = 9 } }, 9.0),
        ("vectors", "2", o => o.Vectors, 2, 4, r => r with { Method = r.Method with { Vectors = 5 } }, 5),
        (
            "prototype.learning_rate",
            "0.3",
            o => o.Prototype.LearningRate,
            0.3,
            0.01,
            r => r with { Method = r.Method with { PrototypeLearningRate = 0.2 } },
            0.2
        ),
        ("prototype.steps", "11", o => o.Prototype.Steps, 11, 300, r => r with { Method = r.Method with { PrototypeSteps = 12 } }, 12),
        ("prototype.distance", "0.1", o => o.Prototype.Distance ?? 0, 0.1, 0.0, r => r with { Method = r.Method with { PrototypeDistance = 2 } }, 2.0),
        ("mask_dilate", "0.1", o => o.MaskDilate, 0.1, 0.0, r => r with { Method = r.Method with { MaskDilate = 0 } }, 0.0),
        ("mask_feather", "0.1", o => o.MaskFeather, 0.1, 0.0, r => r with { Method = r.Method with { MaskFeather = 0.2 } }, 0.2),
        ("prompt_template", "\"one {} here\"", o => o.PromptTemplate, "one {} here", "a photo of {}", null, null),
    ];

    public static TheoryData<int, string> Rows => [.. s_table.Select((row, i) => (i, row.Field))];

    private ImplantationRequest Open =>
        runs.Plain with
        {
            Method = new MethodOptions(),
            Training = new TrainingOptions { Device = "cpu" },
            Samples = new SampleOptions(),
        };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Resolve_ModelsDefault_HoldsUnlessTheRequestSaysOtherwise(int row, string field)
    {
        var (_, json, read, there, otherwise, ask, asked) = s_table[row];
        runs.WriteDefaults("tiny", null);
        Assert.Equal(otherwise, read(runs.Resolve(Open)));

        runs.WriteDefaults(
            "tiny",
            field.Split('.') is [var outer, var inner] ? "{\"" + outer + "\":{\"" + inner + "\":" + json + "}}" : "{\"" + field + "\":" + json + "}"
        );
        try
        {
            Assert.Equal(there, read(runs.Resolve(Open)));
            if (ask is not null)
            {
                Assert.Equal(asked, read(runs.Resolve(ask(Open))));
            }
        }
        finally
        {
            runs.WriteDefaults("tiny", null);
        }
    }

    [Fact]
    public void Resolve_ModelsDefaultsOfAMethod_HoldForThatMethodAlone()
    {
        runs.WriteDefaults(
            "tiny",
            """
            {
              "steps": 3,
              "methods": {
                "dreambooth": { "steps": 9, "learning_rate": 0.5, "learning_rate_schedule": "cosine", "class_pictures": 5 },
                "textual_inversion": { "vectors": 3 }
              }
            }
            """
        );
        try
        {
            ImplantationOptions Resolve(TrainingMethod method) => runs.Resolve(Open with { Method = new MethodOptions { Name = method } });
            var dreambooth = Resolve(TrainingMethod.Dreambooth);
            Assert.Equal((9, 0.5, LearningRateSchedule.Cosine, 5), (dreambooth.Steps, dreambooth.LearningRate, dreambooth.Schedule, dreambooth.ClassPictures));
            Assert.Equal((3, 3000), (Resolve(TrainingMethod.TextualInversion).Vectors, Resolve(TrainingMethod.TextualInversion).Steps));
            Assert.Equal((3, 500), (Resolve(TrainingMethod.Ours).Steps, Resolve(TrainingMethod.Lora).Steps));
        }
        finally
        {
            runs.WriteDefaults("tiny", null);
        }
    }

    [Fact]
    public void Resolve_SlotsDevice_IsTakenWhateverTheRequestNames()
    {
        var elsewhere = Open with { Training = Open.Training with { Device = "cuda:99" } };
        Assert.Equal("cpu", runs.Resolve(elsewhere, "cpu").Device);
        // No machine has so many: without a slot's word the request's own is asked for.
        Assert.ThrowsAny<Exception>(() => runs.Resolve(elsewhere));
    }

    [Fact]
    public void Rows_EveryFieldOfTheFile_IsThere()
    {
        static IEnumerable<string> Names(Type type) =>
            type.GetProperties()
                .SelectMany(property => property.GetCustomAttributes(typeof(JsonPropertyNameAttribute), false).Cast<JsonPropertyNameAttribute>())
                .Select(attribute => attribute.Name);
        Assert.Equal(
            Names(typeof(ModelDefaults))
                .Except(["prototype", "methods"])
                .Concat(Names(typeof(PrototypeDefaults)).Select(name => "prototype." + name))
                .Order(StringComparer.Ordinal),
            s_table.Select(row => row.Field).Order(StringComparer.Ordinal)
        );
    }
}
