using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>A job whose request has a box trains with a mask that was cut of it once, wherever it goes on.</summary>
public sealed class BoxMasksTests : IDisposable
{
    private const string JobId = "20260101-000000-box";
    private static readonly byte[] s_photo = File.ReadAllBytes(Repository.Sample("cat.png"));
    private static readonly byte[] s_given = File.ReadAllBytes(Repository.Sample("cat-mask.png"));
    private static readonly ImmutableArray<int> s_box = BoxAround(s_given);

    private readonly TestData _data = new();
    private readonly FileArtifactStore _store;
    private readonly ComputeTrainingEngine _engine;
    private readonly Keeper _keeper;
    private int _runs;

    public BoxMasksTests()
    {
        _store = new FileArtifactStore(_data["store"]);
        _keeper = new Keeper(_store);
        _engine = new ComputeTrainingEngine(
            new VerifiedReader(_store),
            SiloModels.Create(_data.Folder, new ModelCatalog(_data.Folder), _store, NullLogger<SiloModels>.Instance),
            new PrecisionChooser(_data.Folder),
            new PeakMeter()
        );
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Run_Box_TrainsWithWhatTheCommandLineCutsOfIt()
    {
        var cut = Cut();
        var boxed = _engine.Run(Job(await RequestAsync(s_box)), _keeper, default);
        var masked = _engine.Run(Job(await RequestAsync(await _store.WriteBlobAsync(cut, TestContext.Current.CancellationToken))), new Keeper(_store), default);

        Assert.Equal(cut, await File.ReadAllBytesAsync(Path.Combine(boxed.Folder, "mask.png"), TestContext.Current.CancellationToken));
        Assert.Equal(Weights(masked), Weights(boxed));
        // Beside the result stands what makes the same on every machine, as if the mask had been uploaded.
        Assert.Equal(RequestOf(masked), RequestOf(boxed));
        Assert.Equal($"{HashOf(cut)}:{cut.Length}", _keeper.Settled!.Masks);
        Assert.Null(MaskReference.ParseAll(null));
        var report = await File.ReadAllTextAsync(Path.Combine(boxed.Folder, "report.html"), TestContext.Current.CancellationToken);
        Assert.Contains(HashOf(cut), report, StringComparison.Ordinal);
        Assert.Contains(boxed.Warnings, warning => warning.StartsWith("The mask made for <cat> of its box covers ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_MaskIsSettled_IsTakenFromTheStoreAndNotCutAgain()
    {
        var job = Job(await RequestAsync(s_box));
        _engine.Run(job, _keeper, default);
        // Another mask than would be cut here, as another machine might have made it.
        await WriteMadeAsync(s_given);
        var elsewhere = _keeper.Settled! with { Masks = $"{HashOf(s_given)}:{s_given.Length}" };
        var again = new Keeper(_store);

        var result = _engine.Run(job with { Settled = elsewhere, WorkFolder = NewFolder() }, again, default);

        Assert.Empty(again.Stored);
        Assert.Equal(HashOf(s_given), MaskOf(result));
        Assert.Equal(elsewhere, again.Settled);
    }

    [Fact]
    public async Task Run_SettledMaskIsLost_IsCutAgainIfItIsTheSame()
    {
        var job = Job(await RequestAsync(s_box));
        var first = _engine.Run(job, _keeper, default);
        await _store.DeleteAsync(StorePaths.Mask(JobId, HashOf(Cut())), TestContext.Current.CancellationToken);
        var again = new Keeper(_store);

        var second = _engine.Run(job with { Settled = _keeper.Settled, WorkFolder = NewFolder() }, again, default);

        Assert.Equal(Weights(first), Weights(second));
        Assert.Single(again.Stored);
        var other = _keeper.Settled! with { Masks = $"{HashOf(s_given)}:{s_given.Length}" };
        var error = Assert.Throws<OneShotException>(() => _engine.Run(job with { Settled = other, WorkFolder = NewFolder() }, again, default));
        Assert.Equal((ErrorCodes.Failed, "objects[0].box"), (error.Detail.Code, error.Detail.Field));
    }

    [Theory]
    [InlineData(200, 200, 100, 100, "objects[0].box can't be used: the box 200,200,100,100 reaches out of the picture, which is 256 x 256.")]
    [InlineData(1, 2, 3, int.MaxValue, "objects[0].box can't be used: the box 1,2,3,2147483647 reaches out of the picture, which is 256 x 256.")]
    [InlineData(5, 5, 1, 1, "objects[0].box can't be used: no object was found in the box: all that it holds is of one colour.")]
    public async Task Run_BoxThatDoesNotDo_IsTheRequestsFaultByItsField(int x, int y, int width, int height, string sentence)
    {
        var job = Job(await RequestAsync([x, y, width, height]));

        var error = Assert.Throws<OneShotException>(() => _engine.Run(job, _keeper, default));

        Assert.Equal((ErrorCodes.InvalidInput, sentence, "objects[0].box"), (error.Detail.Code, error.Detail.Message, error.Detail.Field));
        Assert.DoesNotContain("--", error.Detail.Hint, StringComparison.Ordinal);
        Assert.Empty(_keeper.Stored);
    }

    [Fact]
    public async Task Run_AskedToStop_CutsNothing()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var job = Job(await RequestAsync(s_box));

        Assert.ThrowsAny<OperationCanceledException>(() => _engine.Run(job, _keeper, stop.Token));

        Assert.Empty(_keeper.Stored);
    }

    [Fact]
    public async Task Run_BoxWithABorrowedSlot_WorkerTakesTheMaskThatWasCut()
    {
        var training = new TrainingOptions
        {
            Steps = 2,
            Precision = Precision.Fp32,
            FanOut = new FanOutOptions { Mode = FanOutMode.Synchronous },
        };
        var request = await RequestAsync(s_box) with { Training = training };
        using var slot = new OneBorrowedSlot(_engine);
        var job = Job(request) with { BorrowedSlots = slot };
        slot.Job = job;

        var result = _engine.Run(job, _keeper, default);

        Assert.True((long?)result.Manifest["fan_out"]!["figures"]!["bytes_sent"] > 0);
        await _store.DeleteAsync(StorePaths.Mask(JobId, HashOf(Cut())), TestContext.Current.CancellationToken);
        var error = Assert.Throws<OneShotException>(() => _engine.Open(job with { Brief = slot.Brief }, default));
        Assert.Equal(ErrorCodes.Unavailable, error.Detail.Code);
        Assert.Contains("<cat>", error.Detail.Message, StringComparison.Ordinal);
    }

    private static ImmutableArray<int> BoxAround(byte[] mask)
    {
        const int Room = 4;
        var read = MaskReader.Read(mask, "cat", 256, 256);
        List<(int X, int Y)> inside = [.. Enumerable.Range(0, read.Values.Length).Where(i => read.Values[i] > 0.5f).Select(i => (i % 256, i / 256))];
        var (left, top) = (Math.Max(0, inside.Min(p => p.X) - Room), Math.Max(0, inside.Min(p => p.Y) - Room));
        return [left, top, Math.Min(256, inside.Max(p => p.X) + Room) - left, Math.Min(256, inside.Max(p => p.Y) + Room) - top];
    }

    private static byte[] Cut()
    {
        var prompt = new MaskPrompt(new PixelRectangle(s_box[0], s_box[1], s_box[2], s_box[3]), []);
        return PngWriter.Encode(MaskPicture.Create(new GrabCutMasker().Make(ImageReader.Read(s_photo, "cat"), prompt)));
    }

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string RequestOf(EngineResult result) => File.ReadAllText(Path.Combine(result.Folder, "request.json"));

    private static string? MaskOf(EngineResult result) => (string?)JsonNode.Parse(RequestOf(result))!["objects"]![0]!["mask"];

    private static string Weights(EngineResult result) => HashOf(File.ReadAllBytes(Path.Combine(result.Folder, "pytorch_lora_weights.safetensors")));

    private async Task WriteMadeAsync(byte[] mask)
    {
        using var content = new MemoryStream(mask);
        await _store.WriteAsync(StorePaths.Mask(JobId, HashOf(mask)), content, cancellationToken: TestContext.Current.CancellationToken);
    }

    private string NewFolder() => Directory.CreateDirectory(_data[$"work-{_runs++}"]).FullName;

    private EngineJob Job(ImplantationRequest request) => new(JobId, 1, 0, request, null, NewFolder());

    private Task<ImplantationRequest> RequestAsync(string mask) =>
        RequestAsync(
            new ObjectSpec
            {
                Class = "cat",
                Token = "<cat>",
                Mask = mask,
            }
        );

    private Task<ImplantationRequest> RequestAsync(ImmutableArray<int> box) =>
        RequestAsync(
            new ObjectSpec
            {
                Class = "cat",
                Token = "<cat>",
                Box = box,
            }
        );

    private async Task<ImplantationRequest> RequestAsync(ObjectSpec item) =>
        new()
        {
            Name = "cat",
            Image = await _store.WriteBlobAsync(s_photo, TestContext.Current.CancellationToken),
            Objects = [item],
            Model = new ModelReference { Name = ModelCatalog.Default },
            Method = new MethodOptions { Prototype = false },
            Training = new TrainingOptions { Steps = 1, Precision = Precision.Fp32 },
            Samples = new SampleOptions { PerPrompt = 0 },
        };

    private sealed class Keeper(FileArtifactStore store) : IEngineObserver
    {
        public List<string> Stored { get; } = [];

        public SettledRun? Settled { get; private set; }

        public void Report(ProgressUpdate update) { }

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null) => Settled = settled;

        public void DropCheckpoint(CheckpointReference checkpoint) => Assert.Fail("Nothing was resumed.");

        public string StorePreview(int step, byte[] png) => "";

        public void StoreMask(string sha256, byte[] png)
        {
            Stored.Add(sha256);
            using var content = new MemoryStream(png);
            store.WriteAsync(StorePaths.Mask(JobId, sha256), content).GetAwaiter().GetResult();
        }
    }
}
