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
