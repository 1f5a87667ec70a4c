using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation.Methods;

/// <summary>Whole runs of plain LoRA, Textual Inversion and DreamBooth.</summary>
public sealed class BaselineRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-run-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ImplantationOptions OptionsOf(TrainingMethod method) =>
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
            Prompts = ["a photo of <cat> in the snow"],
            SamplesPerPrompt = 1,
            SamplingSteps = 3,
            Method = method,
            ClassPictures = method == TrainingMethod.Dreambooth ? 3 : 0,
            PriorWeight = method == TrainingMethod.Dreambooth ? 1 : 0,
            Vectors = 1,
            UsePrototype = false,
            Objective = new ObjectiveOptions { ClassLoss = false, ObjectLoss = false },
        };

    private static ImplantationInputs Inputs =>
        new(File.ReadAllBytes(Repository.Sample("cat.png")), [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Repository.Sample("cat-mask.png")))]);

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.TextualInversion)]
    [InlineData(TrainingMethod.Dreambooth)]
    public void Execute_OtherMethodStoppedAndResumed_GivesTheSameFilesByteForByte(TrainingMethod method)
    {
        var options = OptionsOf(method);
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

        var resumed = Run("resumed", options, first.Checkpoint, out var second);
        Assert.Equal(uninterrupted.Losses, [.. first.Losses, .. second.Losses]);
        Assert.Equal(2, second.Losses.Count);
        Assert.Equal(whole, resumed);
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, "cat.safetensors", "pytorch_lora_weights.safetensors")]
    [InlineData(TrainingMethod.TextualInversion)]
    [InlineData(TrainingMethod.Dreambooth, "unet/config.json", "unet/diffusion_pytorch_model.safetensors")]
    public void Execute_OtherMethod_WritesWhatItTrains(TrainingMethod method, params string[] weights)
    {
        var files = Run("tree", OptionsOf(method), null, out _);

        Assert.Equal(
            weights.Append("learned_embeds/oneshot-cat.safetensors").Order(StringComparer.Ordinal),
            files.Keys.Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal) || file.StartsWith("unet/", StringComparison.Ordinal))
        );
        var metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "tree", "metrics.json")))!;
        Assert.Equal(method == TrainingMethod.Dreambooth ? ["global", "prior"] : ["global"], metrics["losses"]!.AsObject().Select(losses => losses.Key));
        Assert.All(metrics["losses"]!.AsObject(), losses => Assert.Equal(7, losses.Value!.AsArray().Count));
        foreach (var text in new[] { "README.md", "report.html" }.Select(name => File.ReadAllText(Path.Combine(_folder.FullName, "tree", name))))
        {
            Assert.Equal(
                method == TrainingMethod.Lora,
                text.Contains("cat.safetensors", StringComparison.Ordinal) && text.Contains("lora:cat:1", StringComparison.Ordinal)
            );
            Assert.Equal(method != TrainingMethod.TextualInversion, text.Contains("sks cat", StringComparison.Ordinal));
        }
    }

    /// <summary>What a result is drawn with gives the samples that the run drew, pixel by pixel.</summary>
    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.TextualInversion)]
    [InlineData(TrainingMethod.Dreambooth)]
    public void Load_ResultOfAnotherMethod_DrawsTheRunsSample(TrainingMethod method)
    {
        var options = OptionsOf(method) with { LearningRate = 0.05 };
        Run("drawn", options, null, out _);
        var folder = Path.Combine(_folder.FullName, "drawn");
        if (method == TrainingMethod.TextualInversion)
        {
            // Without a LoRA it must be said that there was none.
            Assert.Throws<InvalidInputException>(() => ImplantationFiles.In(folder));
            File.WriteAllText(Path.Combine(folder, "request.json"), """{"method":{"name":"textual_inversion"}}""");
        }

        var files = ImplantationFiles.In(folder);
        Assert.Equal((method == TrainingMethod.Lora, method == TrainingMethod.Dreambooth), (files.Lora is not null, files.UNet is not null));
        var embedding = Assert.Single(files.Embeddings);

        RgbImage Draw(string? lora, string? unet)
        {
            using var pipeline = ImagePipeline.Load(
                ModelFolder.Open(Golden.PathOf("sd15-tiny")),
                lora is null ? [] : [new LoraChoice(lora, 1)],
                [new EmbeddingChoice(embedding, "<cat>", null)],
                Precision.Fp32,
                "cpu",
                unet
            );
            return pipeline.Draw(
                new SamplingRequest
                {
                    Prompt = options.Prompts[0],
                    Scheduler = options.Scheduler,
                    Steps = options.SamplingSteps,
                    GuidanceScale = options.GuidanceScale,
                    Width = 64,
                    Height = 64,
                    Seed = options.Seed,
                }
            )[0];
        }

        var sample = ImageReader.Read(Directory.EnumerateFiles(Path.Combine(folder, "samples")).Single());
        Assert.Equal(sample.Pixels, Draw(files.Lora, files.UNet).Pixels);
        if (method != TrainingMethod.TextualInversion)
        {
            Assert.NotEqual(sample.Pixels, Draw(null, null).Pixels);
        }
    }

    [Fact]
    public void Execute_DreamboothWhoseClassPicturesAreDrawnAlready_GivesTheSameFiles()
    {
        var (options, frozen) = (OptionsOf(TrainingMethod.Dreambooth), new FrozenPictures());
        var observer = new RecordingObserver(_folder.FullName);
        SortedDictionary<string, string> Shared(string name) =>
            HashedRun.Execute(Path.Combine(_folder.FullName, name), Inputs, options, null, observer, TestContext.Current.CancellationToken, frozen);

        var alone = Run("alone", options, null, out _);
        var first = Shared("first");

        Assert.Equal(alone, first);
        Assert.Equal(alone, Shared("second"));
    }

    [Fact]
    public void Execute_DreamboothWithoutMemory_IsRefusedWithFigures()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            MethodFit.Require(ModelFolder.Open(Golden.PathOf("sd15-tiny")), TrainingMethod.Dreambooth, 64, "cpu", memory: 1 << 20)
        );
        Assert.Contains("GiB; cpu has 0.0 GiB.", error.Message, StringComparison.Ordinal);
        MethodFit.Require(ModelFolder.Open(Golden.PathOf("sd15-tiny")), TrainingMethod.Lora, 64, "cpu", memory: 1 << 20);
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
