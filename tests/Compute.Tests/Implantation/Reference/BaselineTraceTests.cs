using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>One step of each baseline from a photo's bytes, against the same step in arithmetic of its own: losses and all gradients.</summary>
public sealed class BaselineTraceTests(ReferenceModel model) : IClassFixture<ReferenceModel>
{
    public static TheoryData<TrainingMethod, long, int> Cases =>
        new()
        {
            { TrainingMethod.Lora, 9, 88 * 2 },
            { TrainingMethod.TextualInversion, 9, 1 },
            { TrainingMethod.TextualInversion, 8, 1 },
            { TrainingMethod.TextualInversion, 4, 1 },
            { TrainingMethod.Dreambooth, 9, -1 },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Execute_OneStep_HasTheReferencesGradients(TrainingMethod method, long seed, int parameters)
    {
        using var scope = NewDisposeScope();
        var options = Options(method, seed);
        var (losses, gradients) = new BaselineTrace(model, options).Step(0);
        Assert.Equal(parameters < 0 ? model.UNet.parameters().Count() : parameters, gradients.Count);

        var (observer, state) = Run(options);
        var names = losses.Count == 2 ? new[] { LossNames.Global, LossNames.Prior } : [LossNames.Global];
        Assert.Equal(names, observer.Losses[0].Names);
        for (var i = 0; i < losses.Count; i++)
        {
            AssertClose(losses[i], observer.Losses[0].Values[i], names[i]);
        }

        // After one step AdamW's mean is a tenth of the gradient.
        var means = state["optimiser.0.mean"].data<float>().ToArray();
        Assert.False(state.ContainsKey("optimiser.1.mean"));
        var largest = gradients.Values.Max(values => values.Max(Math.Abs));
        Assert.True(largest > 1e-6, "There is no gradient.");
        var at = 0;
        foreach (var (name, expected) in gradients.OrderBy(one => Place(one.Key)))
        {
            Assert.True(state.ContainsKey(name), name);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    Math.Abs(expected[i] - (10.0 * means[at + i])) < (1e-3 * largest) + (1e-3 * Math.Abs(expected[i])),
                    $"{name}[{i}]: {10 * means[at + i]}, not {expected[i]}."
                );
            }

            at += expected.Length;
        }

        Assert.Equal(means.Length, at);
    }

    [Fact]
    public void Cases_TextualInversion_SeesBothSidesAndSeveralPrompts()
    {
        var draws = new[] { 9L, 8, 4 }
            .Select(seed =>
                (ReferenceNumbers.Uniform(ReferenceNumbers.Of(seed, 0, 12)) < 0.5, (int)(ReferenceNumbers.Uniform(ReferenceNumbers.Of(seed, 0, 11)) * 11))
            )
            .ToList();
        Assert.Equal(2, draws.Select(draw => draw.Item1).Distinct().Count());
        Assert.Equal(3, draws.Select(draw => draw.Item2).Distinct().Count());
    }

    /// <summary>What a baseline doesn't train stays as it was, bit for bit.</summary>
    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Dreambooth)]
    public void Execute_IdentifierOfAMethodWithoutVectors_StandsForTheModelsOwnRows(TrainingMethod method)
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory("oneshot-words-");
        try
        {
            Execute(Options(method, 9), folder.FullName, new RecordingObserver(folder.FullName));
            var rows = SafetensorsFile.ReadAll(Path.Combine(folder.FullName, "learned_embeds", "oneshot-aa-trace.safetensors"))["<aa>"];
            var ids = model.NewTokenizer().ContentIds("sks cat").Select(id => (long)id).ToArray();
            var own = model.TextEncoder.TokenTable.index_select(0, tensor(ids));
            Assert.Equal(own.data<float>().ToArray(), rows.data<float>().ToArray());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The order of the flat buffer: a LoRA's in the UNet's order of modules, A before B; the UNet's in its own.
    private int Place(string key)
    {
        if (key.StartsWith("lora.", StringComparison.Ordinal))
        {
            var module = key["lora.".Length..key.LastIndexOf(".lora_", StringComparison.Ordinal)];
            return (2 * model.UNet.AdaptableLayers.Keys.ToList().IndexOf(module)) + (key.EndsWith("lora_B.weight", StringComparison.Ordinal) ? 1 : 0);
        }

        return key == "vectors" ? 0 : model.UNet.named_parameters().ToList().FindIndex(one => key == $"unet.{one.name}");
    }

    private (RecordingObserver Observer, Dictionary<string, Tensor> State) Run(ImplantationOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("oneshot-baseline-");
        try
        {
            var observer = new RecordingObserver(folder.FullName);
            Execute(options, folder.FullName, observer);
            return (observer, SafetensorsFile.ReadAll(observer.Checkpoint!).ToDictionary(pair => pair.Key, pair => pair.Value));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void Execute(ImplantationOptions options, string folder, RecordingObserver observer) =>
        new ImplantationRun(ModelFolder.Open(model.Folder), ReferenceScene.Inputs, options, observer).Execute(
            Directory.CreateDirectory(folder).FullName,
            null,
            TestContext.Current.CancellationToken
        );

    private static ImplantationOptions Options(TrainingMethod method, long seed) =>
        new()
        {
            Name = "trace",
            Seed = seed,
            Method = method,
            ClassPictures = method == TrainingMethod.Dreambooth ? 2 : 0,
            PriorWeight = method == TrainingMethod.Dreambooth ? 0.6 : 0,
            Vectors = 2,
            UsePrototype = false,
            Objective = new ObjectiveOptions { ClassLoss = false, ObjectLoss = false },
            Steps = 1,
            LearningRate = 1e-3,
            Rank = 3,
            Alpha = 5,
            Resolution = ReferenceScene.Side,
            PromptTemplate = "the photo of {} here",
            CheckpointEvery = 1,
            Precision = Precision.Fp32,
            Device = "cpu",
            SamplesPerPrompt = 0,
        };

    private static void AssertClose(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 2e-4 * Math.Max(1, Math.Abs(expected)), $"{what} is {actual}, not {expected}.");
}
