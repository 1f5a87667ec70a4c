using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Results;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

public sealed class ImplantationRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-run-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ImplantationOptions Options =>
        new()
        {
            Name = "cat",
            Seed = 3,
            Steps = 7,
            LearningRate = 1e-3,
            Resolution = 64,
            CheckpointEvery = 2,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prototype = new PrototypeOptions { Steps = 5 },
            Prompts = ["a photo of <cat> in the snow"],
            SamplesPerPrompt = 1,
            SamplingSteps = 3,
        };

    private static ImplantationInputs Inputs =>
        new(File.ReadAllBytes(Repository.Sample("cat.png")), [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Repository.Sample("cat-mask.png")))]);

    [Theory]
    [InlineData(LoraTargetModules.None, false)]
    [InlineData(LoraTargetModules.Convolutions, true)]
    [InlineData(
        LoraTargetModules.FeedForward
            | LoraTargetModules.ProjectionIn
            | LoraTargetModules.ProjectionOut
            | LoraTargetModules.Convolutions
            | LoraTargetModules.TimeProjections,
        false
    )]
    public void Execute_StoppedAndResumed_GivesTheSameFilesByteForByte(LoraTargetModules more, bool dora)
    {
        var options = Options with { MoreTargets = more, Dora = dora };
        var whole = Run("whole", options, null, out var uninterrupted);
        using var stop = new CancellationTokenSource();
        RecordingObserver first = new(_folder.FullName)
        {
            AfterStep = step =>
            {
                if (step == 5)
                {
                    stop.Cancel();
                }
            },
        };
        Assert.Throws<OperationCanceledException>(() => Execute("first", options, null, first, stop.Token));
        Assert.Equal(5, first.CheckpointStep);

        var resumed = Run("resumed", options, first.Checkpoint, out var second);
        Assert.Equal(2, second.Losses.Count);
        Assert.Equal(uninterrupted.Losses, [.. first.Losses, .. second.Losses]);
        Assert.Equal(whole, resumed);
    }

    [Fact]
    public void Execute_Previews_AreMeasuredAsSamplesAreAndChangeNoWeights()
    {
        var options = Options with { PreviewEvery = 3 };
        var without = Run("without", options with { PreviewEvery = 0 }, null, out var none);
        var with = Run("with", options, null, out var some);

        Assert.Empty(none.Previews);
        Assert.Equal([3, 6], some.Previews.Select(preview => preview.Step));
        // The report lists all options, this one as well.
        Assert.Equal(without.Where(file => file.Key != "report.html"), with.Where(file => file.Key != "report.html"));
        var metrics = some.Previews[0].Metrics!;
        Assert.InRange(metrics.Ia!.Value, -1, 1);
        Assert.InRange(metrics.Ta!.Value, -1, 1);
        Assert.Equal(("<cat>", true, null), (metrics.Objects[0].Token, metrics.Objects[0].IaObject is >= -1 and <= 1, metrics.Objects[0].PrototypeSimilarity));
        Assert.NotEqual(metrics.Ia, some.Previews[1].Metrics!.Ia);
    }

    [Fact]
    public void Execute_AnyRun_WritesTheResultsTree()
    {
        var files = Run("tree", Options, null, out _);
        Assert.Equal(
            [
                "README.md",
                "cat.safetensors",
                "curves.png",
                "learned_embeds/oneshot-cat.safetensors",
                "metrics.json",
                "pytorch_lora_weights.safetensors",
                "report.html",
                "samples/01-a-photo-of-cat-in-the-snow-0.png",
                "sheet.png",
            ],
            files.Keys
        );
        var metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "tree", "metrics.json")))!;
        Assert.Equal(7, metrics["losses"]!["global"]!.AsArray().Count);
        Assert.InRange((double)metrics["ia"]!, -1, 1);
        Assert.InRange((double)metrics["objects"]![0]!["ia_object"]!, -1, 1);
        Assert.InRange((double)metrics["objects"]![0]!["ia_class"]!, -1, 1);
        Assert.Equal(6, metrics["prototypes"]!["<cat>"]!["losses"]!.AsArray().Count);
    }

    /// <summary>What web interfaces and managers of weights read, in the files of a run: nothing of when, where and by which job.</summary>
    [Fact]
    public void Execute_AnyRun_TellsInTheHeadersWhatItIs()
    {
        Run("headers", Options, null, out _);
        var lora = SafetensorsHeader.Read(Path.Combine(_folder.FullName, "headers", "cat.safetensors")).Metadata;
        var embedding = SafetensorsHeader.Read(Path.Combine(_folder.FullName, "headers", "learned_embeds", "oneshot-cat.safetensors")).Metadata;

        Assert.Equal("""{"oneshot":{"oneshot-cat":1}}""", lora["ss_tag_frequency"]);
        Assert.Equal(("oneshot-cat", "stable-diffusion-v1/textual-inversion"), (embedding["modelspec.title"], embedding["modelspec.architecture"]));
        foreach (var metadata in new[] { lora, embedding })
        {
            Assert.Equal("<cat>", metadata["modelspec.trigger_phrase"]);
            Assert.Contains("embedding:oneshot-cat (ComfyUI)", metadata["modelspec.usage_hint"], StringComparison.Ordinal);
            var jpeg = Convert.FromBase64String(metadata["modelspec.thumbnail"]["data:image/jpeg;base64,".Length..]);
            Assert.Equal(64, ImageReader.Read(jpeg, "of the header").Width);
            Assert.DoesNotContain(
                metadata,
                entry => entry.Key.Contains("date", StringComparison.Ordinal) || entry.Key.Contains("_at", StringComparison.Ordinal)
            );
            Assert.DoesNotContain(metadata.Values, value => value.Contains(_folder.FullName, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Execute_AnyRun_ExplainsItselfOnAPage()
    {
        var folder = _folder.CreateSubdirectory("page").FullName;
        new ImplantationRun(ModelFolder.Open(Golden.PathOf("sd15-tiny")), Inputs, Options, new RecordingObserver(_folder.FullName))
        {
            Command = new RepeatCommand("oneshot implant --seed 3", []),
            Warnings = ["The caller said so."],
        }.Execute(folder, null, CancellationToken.None);

        foreach (var text in new[] { "README.md", "report.html" }.Select(name => File.ReadAllText(Path.Combine(folder, name))))
        {
            Assert.Contains("oneshot implant --seed 3", text, StringComparison.Ordinal);
            Assert.Contains("The caller said so.", text, StringComparison.Ordinal);
            Assert.Contains("embedding:oneshot-cat", text, StringComparison.Ordinal);
            Assert.Matches(@"like this cat: -?0\.\d\d; any cat: -?0\.\d\d", text);
            Assert.DoesNotContain(_folder.FullName, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Execute_AnotherSeed_GivesOtherWeights()
    {
        var first = Run("seed3", Options, null, out _);
        var second = Run("seed4", Options with { Seed = 4 }, null, out _);
        Assert.NotEqual(first["cat.safetensors"], second["cat.safetensors"]);
        Assert.NotEqual(first["learned_embeds/oneshot-cat.safetensors"], second["learned_embeds/oneshot-cat.safetensors"]);
    }

    [Fact]
    public void Execute_OwnViews_MatterWhereTheCropIsNotTheObjectsOwn()
    {
        Dictionary<string, string> Weights(string name, ImplantationInputs inputs, ImplantationOptions options)
        {
            var folder = _folder.CreateSubdirectory(name).FullName;
            new ImplantationRun(ModelFolder.Open(Repository.TinyModel), inputs, options with { SamplesPerPrompt = 0 }, new RecordingObserver(folder)).Execute(
                folder,
                null,
                CancellationToken.None
            );
            // Checkpoints tell the options apart.
            return Directory
                .EnumerateFiles(folder, "*.safetensors")
                .Where(file => !Path.GetFileName(file).StartsWith("checkpoint", StringComparison.Ordinal))
                .ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
        }

        byte[] Sample(string name) => File.ReadAllBytes(Repository.Sample(name));
        var two = new ImplantationInputs(
            Sample("scene-fox-ball.png"),
            [
                new ImplantationObject("cat", "<cat>", Sample("scene-fox-ball-fox-mask.png")),
                new ImplantationObject("dog", "<dog>", Sample("scene-fox-ball-ball-mask.png")),
            ]
        );
        Assert.NotEqual(Weights("two-shared", two, Options), Weights("two-own", two, Options with { OwnViews = true }));
        Assert.NotEqual(Weights("large-shared", Inputs, Options), Weights("large-own", Inputs, Options with { OwnViews = true }));

        // A small object that is alone has a crop of its own anyway.
        var small = two with { Objects = [two.Objects[1]] };
        Assert.Equal(Weights("small-shared", small, Options), Weights("small-own", small, Options with { OwnViews = true }));
    }

    [Fact]
    public void Execute_CheckpointOfAnotherRun_IsRefused()
    {
        Run("mine", Options, null, out var observer);
        foreach (
            var other in new[]
            {
                Options with
                {
                    Rank = 2,
                    Alpha = 2,
                },
                Options with
                {
                    MoreTargets = LoraTargetModules.FeedForward,
                },
                Options with
                {
                    Dora = true,
                },
            }
        )
        {
            var error = Assert.Throws<InvalidInputException>(() => Run("other", other, observer.Checkpoint, out _));
            Assert.Contains("belongs to another run", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void Execute_TermSwitchedOff_IsZeroInTheCurves(bool noPrototype, bool noClass, bool noObject)
    {
        var options = Options with
        {
            Steps = 2,
            UsePrototype = !noPrototype,
            Objective = new ObjectiveOptions { ClassLoss = !noClass, ObjectLoss = !noObject },
        };
        Run("off", options, null, out var observer);
        Assert.All(observer.Losses, l => Assert.Equal(noClass, l[LossNames.Class] == 0));
        Assert.All(observer.Losses, l => Assert.Equal(noObject, l[LossNames.Object] == 0));
        var metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "off", "metrics.json")))!;
        Assert.Equal(noPrototype, metrics["prototype_similarity"] is null);
    }

    [Fact]
    public void Execute_LearningRateThatExplodes_SaysSo()
    {
        var options = Options with { LearningRate = 1e30, Steps = 50, UsePrototype = false };
        var error = Assert.Throws<ArithmeticException>(() => Run("nan", options, null, out _));
        Assert.Contains("no number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_PromptsTooLongForTheContext_AreRefusedNotTruncated()
    {
        var options = Options with { Vectors = 16, PromptTemplate = string.Concat(Enumerable.Repeat("a photo in the snow ", 13)) + "{}" };
        var error = Assert.Throws<InvalidInputException>(() => Run("long", options, null, out _));
        Assert.Contains("positions", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_ClassOfManyPieces_Warns()
    {
        var inputs = Inputs with { Objects = [Inputs.Objects[0] with { Class = "xylophonist" }] };
        var observer = new RecordingObserver(_folder.FullName);
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "pieces")).FullName;
        new ImplantationRun(ModelFolder.Open(Golden.PathOf("sd15-tiny")), inputs, Options with { Steps = 1 }, observer).Execute(folder, null, default);
        Assert.Contains(observer.Warnings, w => w.Contains("xylophonist", StringComparison.Ordinal));
    }

    [Fact]
    public void Execute_Bf16_TrainsAndWritesFloat32Weights()
    {
        Run("bf16", Options with { Precision = Precision.Bf16, Steps = 2 }, null, out var observer);
        Assert.All(observer.Losses, l => Assert.True(double.IsFinite(l.Total)));
        using var file = SafetensorsFile.Open(Path.Combine(_folder.FullName, "bf16", "cat.safetensors"));
        Assert.All(file.Header.Tensors.Values, t => Assert.Equal(TorchSharp.torch.ScalarType.Float32, t.ElementType));
    }

    private SortedDictionary<string, string> Run(string name, ImplantationOptions options, string? checkpoint, out RecordingObserver observer)
    {
        observer = new RecordingObserver(_folder.FullName);
        return Execute(name, options, checkpoint, observer, default);
    }

    private SortedDictionary<string, string> Execute(
        string name,
        ImplantationOptions options,
        string? checkpoint,
        RecordingObserver observer,
        CancellationToken cancellationToken
    ) => HashedRun.Execute(Path.Combine(_folder.FullName, name), Inputs, options, checkpoint, observer, cancellationToken);
}
