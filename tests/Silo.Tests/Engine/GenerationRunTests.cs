using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>Generations in the engine; that they are what <c>oneshot generate</c> draws is shown over HTTP.</summary>
public sealed class GenerationRunTests : IDisposable
{
    private readonly TestData _data = new();
    private readonly FileArtifactStore _store;
    private readonly ComputeTrainingEngine _engine;

    public GenerationRunTests()
    {
        _store = new FileArtifactStore(_data["store"]);
        var models = SiloModels.Create(_data.Folder, new ModelCatalog(_data.Folder), _store, NullLogger<SiloModels>.Instance);
        _engine = new ComputeTrainingEngine(new VerifiedReader(_store), models, new PrecisionChooser(_data.Folder), new PeakMeter());
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Draw_ModelAlone_GivesAPictureForEachAndTellsEveryStep()
    {
        var observer = new Observer();

        var result = _engine.Draw(Job(Request()), observer, default);

        Assert.Equal(
            ["0001.png", "0002.png", "0003.png", "0004.png", "request.json"],
            Directory.EnumerateFiles(result.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Equal(Request().Prompts, RequestJson.ReadGeneration(File.ReadAllBytes(Path.Combine(result.Folder, "request.json"))).Prompts);
        Assert.Equal(
            (2, "ddim", 64),
            ((int?)result.Manifest["options"]!["steps"], (string?)result.Manifest["options"]!["scheduler"], (int?)result.Manifest["options"]!["width"])
        );
        Assert.Null(result.Metrics);
        Assert.True(result.PeakBytes > 0);
        Assert.Contains(result.Warnings, warning => warning.Contains("<dog>", StringComparison.Ordinal));
        var steps = observer.Updates.Where(update => update.Stage == JobState.Sampling).ToList();
        // Small pictures share a batch: two prompts are two batches of two steps, and each picture is told by itself.
        Assert.Equal([1, 2, 2, 2, 3, 4, 4], steps.Select(update => update.Step));
        Assert.All(steps, update => Assert.Equal(4, update.Steps));
        Assert.Equal("picture 4 of 4 is drawn: 0004.png", steps[^1].Message);
    }

    [Fact]
    public void Draw_AskedToStop_EndsBetweenTwoSteps()
    {
        using var stop = new CancellationTokenSource();
        var observer = new Observer { OnUpdate = update => Stop(update.Step) };

        Assert.ThrowsAny<OperationCanceledException>(() => _engine.Draw(Job(Request() with { Steps = 50 }), observer, stop.Token));

        Assert.Equal(3, observer.Updates.Max(update => update.Step));

        void Stop(int step)
        {
            if (step == 3)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public async Task Draw_WithAnImplantationThatIsGoneOrAnother_SaysWhichInOneSentence()
    {
        var source = new GenerationSource("cat-1", 1, new JobFile(StorePaths.ManifestName, 3, new string('a', 64)));
        var job = Job(Request()) with { Sources = [source] };

        var gone = Assert.Throws<OneShotException>(() => _engine.Draw(job, new Observer(), default));
        using var other = new MemoryStream([1, 2, 3]);
        await _store.WriteAsync(StorePaths.Manifest("cat-1"), other, WriteCondition.Any, TestContext.Current.CancellationToken);
        var replaced = Assert.Throws<OneShotException>(() => _engine.Draw(job, new Observer(), default));

        Assert.Equal(
            (ErrorCodes.NotFound, "The implantation cat-1 was deleted after this generation was submitted.", "implantations[0].id"),
            (gone.Detail.Code, gone.Message, gone.Detail.Field)
        );
        Assert.Equal(
            (ErrorCodes.Failed, "The files of the implantation cat-1 are not those that were there when this generation was submitted."),
            (replaced.Detail.Code, replaced.Message)
        );
        // Neither is for another machine to try.
        Assert.All([gone, replaced], error => Assert.Equal(FaultKind.Request, Fault.Of(error)));
    }

    [Fact]
    public async Task Draw_WithImplantations_CountsEachByItsScaleAndRefusesTwoOfOneToken()
    {
        var (one, two) = (await PublishAsync("cat-1"), await PublishAsync("cat-2"));
        var request = Request() with { Prompts = ["a <cat>"], PerPrompt = 1 };

        var learned = _engine.Draw(Job(request) with { Sources = [one] }, new Observer(), default);
        var less = _engine.Draw(Job(request) with { Sources = [one with { Scale = 0.25 }] }, new Observer(), default);
        var guided = _engine.Draw(Job(request with { PersonalizationGuidance = 2 }) with { Sources = [one] }, new Observer(), default);
        var twice = Assert.Throws<OneShotException>(() => _engine.Draw(Job(request) with { Sources = [one, two] }, new Observer(), default));

        Assert.Empty(learned.Warnings);
        Assert.Equal(one.Manifest.Sha256, (string?)learned.Manifest["implantations"]![0]!["manifest_sha256"]);
        var (full, part) = (await PictureAsync(learned), await PictureAsync(less));
        Assert.Contains("\"loras\":{\"cat\":1}", full, StringComparison.Ordinal);
        Assert.Contains("\"personalization_guidance\":2,", await PictureAsync(guided), StringComparison.Ordinal);
        Assert.DoesNotContain("personalization", full, StringComparison.Ordinal);
        Assert.Equal(
            (null, 2.0),
            ((double?)learned.Manifest["options"]!["personalization_guidance"], (double?)guided.Manifest["options"]!["personalization_guidance"])
        );
        Assert.Contains("\"loras\":{\"cat\":0.25}", part, StringComparison.Ordinal);
        Assert.Equal(
            (ErrorCodes.InvalidInput, "The implantations cat-1 and cat-2 both call an object <cat>, and a prompt can mean one only.", "implantations[1].id"),
            (twice.Detail.Code, twice.Message, twice.Detail.Field)
        );

        static async Task<string> PictureAsync(EngineResult result) =>
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(result.Folder, "0001.png"), TestContext.Current.CancellationToken));
    }

    /// <summary>Trains one step, and puts what came of it where a job's result lies.</summary>
    private async Task<GenerationSource> PublishAsync(string id)
    {
        var samples = Path.GetFullPath(Path.Combine(new ModelCatalog(_data.Folder).GetFolder(ModelCatalog.Default), "..", "..", "samples"));
        var request = new ImplantationRequest
        {
            Name = "cat",
            Image = await UploadAsync("cat.png"),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = await UploadAsync("cat-mask.png"),
                },
            ],
            Model = new ModelReference { Name = ModelCatalog.Default },
            Method = new MethodOptions { Prototype = false },
            Training = new TrainingOptions { Steps = 1 },
            Samples = new SampleOptions { PerPrompt = 0 },
        };
        var job = new EngineJob(id, 1, 0, request, null, Directory.CreateDirectory(_data[id]).FullName);
        var result = _engine.Run(job, new Trainer(), TestContext.Current.CancellationToken);
        var files = new JsonArray();
        foreach (var file in Directory.EnumerateFiles(result.Folder, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(result.Folder, file).Replace(Path.DirectorySeparatorChar, '/');
            await using var content = File.OpenRead(file);
            var info = await _store.WriteAsync(StorePaths.ResultFile(id, path), content, WriteCondition.Any, TestContext.Current.CancellationToken);
            files.Add(
                new JsonObject
                {
                    ["path"] = path,
                    ["bytes"] = info.Bytes,
                    ["sha256"] = info.Sha256,
                }
            );
        }

        using var manifest = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["files"] = files }.ToJsonString()));
        var stored = await _store.WriteAsync(StorePaths.Manifest(id), manifest, WriteCondition.Any, TestContext.Current.CancellationToken);
        return new GenerationSource(id, 1, new JobFile(StorePaths.ManifestName, stored.Bytes, stored.Sha256));

        async Task<string> UploadAsync(string sample) =>
            await _store.WriteBlobAsync(await File.ReadAllBytesAsync(Path.Combine(samples, sample)), TestContext.Current.CancellationToken);
    }

    private static GenerationRequest Request() =>
        new()
        {
            Model = new ModelReference { Name = ModelCatalog.Default },
            Prompts = ["a cat", "a <dog>"],
            PerPrompt = 2,
            Steps = 2,
            Scheduler = "ddim",
            Seed = 3,
        };

    private DrawingJob Job(GenerationRequest request) => new("g1", 1, 0, request, [], Directory.CreateDirectory(_data[Guid.NewGuid().ToString("N")]).FullName);

    private sealed class Trainer : IEngineObserver
    {
        public void Report(ProgressUpdate update) { }

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null) { }

        public void DropCheckpoint(CheckpointReference checkpoint) { }

        public string StorePreview(int step, byte[] png) => "";
    }

    private sealed class Observer : IEngineObserver
    {
        public List<ProgressUpdate> Updates { get; } = [];

        public Action<ProgressUpdate>? OnUpdate { get; init; }

        public void Report(ProgressUpdate update)
        {
            Updates.Add(update);
            OnUpdate?.Invoke(update);
        }

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null) => Assert.Fail("A generation has no checkpoints.");

        public void DropCheckpoint(CheckpointReference checkpoint) => Assert.Fail("A generation has no checkpoints.");

        public string StorePreview(int step, byte[] png) => throw new InvalidOperationException("A generation has no previews.");
    }
}
