using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

public sealed class ComputeTrainingEngineTests : IDisposable
{
    private const string Scene = "scene-fox-ball";
    private readonly TestData _data = new();
    private readonly FileArtifactStore _store;
    private readonly ModelCatalog _models;
    private readonly ComputeTrainingEngine _engine;

    public ComputeTrainingEngineTests()
    {
        _store = new FileArtifactStore(_data["store"]);
        _models = new ModelCatalog(_data.Folder);
        _engine = new ComputeTrainingEngine(
            new VerifiedReader(_store),
            SiloModels.Create(_data.Folder, _models, _store, NullLogger<SiloModels>.Instance),
            new PrecisionChooser(_data.Folder),
            new PeakMeter()
        );
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Run_SynchronousWithAnotherSlot_IsOneTermAPassBitForBit()
    {
        var local = await JobAsync(
            "local",
            new TrainingOptions
            {
                Steps = 2,
                MicroBatch = 1,
                FanOut = new FanOutOptions { Mode = FanOutMode.Local },
            }
        );
        using var slot = new OneBorrowedSlot(_engine);

        // --precision auto: the worker computes in what the job's slot has chosen.
        var spread = await JobAsync(
            "spread",
            new TrainingOptions
            {
                Steps = 2,
                FanOut = new FanOutOptions { Mode = FanOutMode.Synchronous },
            }
        ) with
        {
            BorrowedSlots = slot,
        };
        slot.Job = spread;
        var (expected, actual) = (_engine.Run(local, new Observer(), default), _engine.Run(spread, new Observer(), default));

        Assert.Equal(Weights(expected), Weights(actual));
        Assert.Equal("term by term", (string?)actual.Manifest["fan_out"]!["evaluation"]);
        Assert.Equal("synchronous", (string?)actual.Manifest["fan_out"]!["asked"]);
        Assert.Equal(2, (int?)actual.Manifest["fan_out"]!["figures"]!["steps"]);
        Assert.True((long?)actual.Manifest["fan_out"]!["figures"]!["bytes_sent"] > 0);
        Assert.Null(expected.Manifest["fan_out"]!["figures"]);
    }

    [Fact]
    public async Task Run_Alone_TellsThePeakOfItsMemory()
    {
        Assert.SkipUnless(new ProcessMemory().Resident() > 0, "The system does not tell.");
        var weights = new DirectoryInfo(_models.GetFolder(ModelCatalog.Default))
            .EnumerateFiles("*.safetensors", SearchOption.AllDirectories)
            .Sum(file => file.Length);
        var result = _engine.Run(await JobAsync("alone", new TrainingOptions { Steps = 2 }), new Observer(), default);
        TestContext.Current.TestOutputHelper?.WriteLine($"peak {result.PeakBytes >> 20} MiB, weights {weights >> 20} MiB");
        Assert.True(result.PeakBytes > 0);
    }

    [Fact]
    public async Task Run_SlotsDeviceIsGiven_RunsOnThatOne()
    {
        // Were the request asked, it would be the processor.
        var job = await JobAsync("bound", new TrainingOptions { Steps = 1, Device = "cpu" }) with
        {
            Device = "cuda:9",
        };
        var error = Assert.Throws<OneShotException>(() => _engine.Run(job, new Observer(), default));
        Assert.Contains("cuda:9 isn't there", error.Detail.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_JobThatBorrowsNoSlots_IsRefused()
    {
        var job = await JobAsync("none", new TrainingOptions());
        var error = Assert.Throws<OneShotException>(() => _engine.Open(job, default));
        Assert.Equal(ErrorCodes.Unavailable, error.Detail.Code);
    }

    [Fact]
    public async Task Open_AnotherModelThanTheJobs_IsRefused()
    {
        var job = await JobAsync("other", new TrainingOptions());
        var brief = new WorkerBrief(new string('0', 64), Precision.Fp32).ToText();
        var error = Assert.Throws<OneShotException>(() => _engine.Open(job with { Brief = brief }, default));
        Assert.Equal(ErrorCodes.Conflict, error.Detail.Code);
    }

    [Fact]
    public async Task Evaluate_TruncatedPayload_IsInvalidInput()
    {
        var job = await JobAsync("cut", new TrainingOptions { Steps = 1, Precision = Precision.Fp32 });
        using var slot = new OneBorrowedSlot(_engine) { Job = job };
        _ = _engine.Run(job with { BorrowedSlots = slot }, new Observer(), default); // auto: borrows
        using var worker = _engine.Open(job with { Brief = slot.Brief }, default);
        var error = Assert.Throws<OneShotException>(() => worker.Evaluate(0, 0, new byte[10], default));
        Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
    }

    [Theory]
    [InlineData(FanOutMode.Auto, 0, null)]
    [InlineData(FanOutMode.Local, 0, 2)]
    [InlineData(FanOutMode.Synchronous, 0, null)]
    [InlineData(FanOutMode.Periodic, 7, 1)]
    public async Task Resolve_FanOut_IsPassedOn(FanOutMode mode, int period, int? microBatch)
    {
        var request = await RequestAsync(
            new TrainingOptions
            {
                MicroBatch = microBatch,
                FanOut = new FanOutOptions { Mode = mode, Period = period },
            }
        );
        var options = ImplantationOptionsResolver.Resolve(request, ModelFolder.Open(_models.GetFolder(ModelCatalog.Default)));
        Assert.Equal((mode.ToString(), period, microBatch), (options.FanOut.ToString(), options.FanOutPeriod, options.MicroBatch));
    }

    [Theory]
    [InlineData(
        "photo",
        false,
        ErrorCodes.InvalidInput,
        "image",
        "The photo was damaged or replaced in the store after its upload: its bytes no longer have the hash that names them."
    )]
    [InlineData(
        "ball",
        false,
        ErrorCodes.InvalidInput,
        "objects[1].mask",
        "The mask of <ball> was damaged or replaced in the store after its upload: its bytes no longer have the hash that names them."
    )]
    [InlineData("photo", true, ErrorCodes.NotFound, "image", "The photo is not in the store any more.")]
    [InlineData("ball", true, ErrorCodes.NotFound, "objects[1].mask", "The mask of <ball> is not in the store any more.")]
    public async Task Run_InputDamagedOrGone_SaysWhichAndThatItIsToBeUploadedAgain(string which, bool gone, string code, string field, string message)
    {
        var job = await JobAsync("bad", new TrainingOptions { Steps = 1, Precision = Precision.Fp32 });
        var path = StorePaths.Blob(which == "photo" ? job.Request.Image : job.Request.Objects[1].Mask!);
        if (gone)
        {
            await _store.DeleteAsync(path, TestContext.Current.CancellationToken);
        }
        else
        {
            // A picture that can be read all the same, of the same length.
            var bytes = (await _store.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))!;
            bytes[^1] ^= 1;
            await _store.WriteAsync(path, new MemoryStream(bytes), WriteCondition.Any, TestContext.Current.CancellationToken);
        }

        foreach (
            var call in new Action[]
            {
                () => _engine.Run(job, new Observer(), default),
                () => _engine.Open(job with { Brief = new WorkerBrief(new string('0', 64), Precision.Fp32).ToText() }, default),
            }
        )
        {
            var error = Assert.Throws<OneShotException>(call).Detail;
            Assert.Equal((code, field, message), (error.Code, error.Field, error.Message));
            Assert.Contains("Upload it again", error.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Run_InputThatIsTooLong_IsRefusedBeforeItIsRead()
    {
        var job = await JobAsync("long", new TrainingOptions { Steps = 1, Precision = Precision.Fp32 });
        await using (var file = File.OpenWrite(Path.Combine(_data["store"], StorePaths.Blob(job.Request.Image))))
        {
            file.SetLength(1L << 40); // sparse: were it read, the machine's memory would not do
        }

        var error = Assert.Throws<OneShotException>(() => _engine.Run(job, new Observer(), default)).Detail;
        Assert.Equal(
            (ErrorCodes.InvalidInput, "image", "The photo has 1099511627776 bytes in the store; at most 67108864 are read."),
            (error.Code, error.Field, error.Message)
        );
    }

    [Fact]
    public async Task Run_ModelIsNotWhatTheJobBeganWith_IsRefused()
    {
        var job = await JobAsync("model", new TrainingOptions { Steps = 1 }) with
        {
            Settled = new SettledRun(new string('0', 64), Precision.Fp32, Settled.FanOut),
        };
        var error = Assert.Throws<OneShotException>(() => _engine.Run(job, new Observer(), default)).Detail;
        Assert.Equal((ErrorCodes.InvalidInput, "model"), (error.Code, error.Field));
    }

    [Fact]
    public async Task Run_ModelIsConfiguredOtherwiseThanTheJobBeganWith_IsRefused()
    {
        var job = await JobAsync("configured", new TrainingOptions { Steps = 1 });
        var job2 = job with { Settled = Settled with { ConfigurationSha256 = new string('0', 64) } };
        var error = Assert.Throws<OneShotException>(() => _engine.Run(job2, new Observer(), default)).Detail;
        Assert.Equal((ErrorCodes.InvalidInput, "model"), (error.Code, error.Field));
        Assert.StartsWith("The configuration files of the model ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "newest damaged",
        1,
        "The checkpoint of step 2 is damaged (its bytes are not those that were stored); the job went on from the one of step 1, to the same result."
    )]
    [InlineData("newest lost", 1, "The checkpoint of step 2 is not in the store any more; the job went on from the one of step 1, to the same result.")]
    [InlineData(
        "newest of another version",
        1,
        "The checkpoint of step 2 can't be used by this version (The checkpoint belongs to another run or version, so this run can't go on from it); the job "
            + "went on from the one of step 1, to the same result."
    )]
    [InlineData(
        "both damaged",
        0,
        "The checkpoint of step 1 is damaged (its bytes are not those that were stored); the job began again from the start, to the same result."
    )]
    public async Task Run_BadCheckpoints_GivesTheWeightsOfAnUndisturbedRunAndWarns(string what, int from, string warning)
    {
        // What was measured decides the weights, and another measurement would decide otherwise: the settled precision and micro-batch must come back with a
        // new beginning.
        var training = new TrainingOptions
        {
            Steps = 3,
            CheckpointEvery = 1,
            MicroBatch = 2,
            FanOut = new FanOutOptions { Mode = FanOutMode.Local },
        };
        var observer = new Observer { Keep = (step, path) => KeepAsync(step, path).GetAwaiter().GetResult() };
        var job = await JobAsync("whole", training) with { Settled = Settled };
        var expected = _engine.Run(job, observer, default);
        Assert.Equal(
            observer.Settles[^1],
            Settled with
            {
                ModelSha256 = observer.Settles[^1]!.ModelSha256,
                ConfigurationSha256 = observer.Settles[^1]!.ConfigurationSha256,
                // It was settled by nobody who kept them: those that an earlier version knew.
                Defaults = ModelFolder.Open(_models.GetFolder(ModelCatalog.Default)).WithDefaultsOfEarlierVersions().DefaultsText,
            }
        );
        Assert.True(StorePaths.IsHash(observer.Settles[^1]!.ConfigurationSha256));
        var (one, two) = (_kept[1], _kept[2]);
        if (what == "newest of another version")
        {
            two = await KeepAsync(2, Path.Combine(Directory.CreateDirectory(_data["other"]).FullName, WriteForeign(_data["other"])));
        }
        else if (what == "newest lost")
        {
            await _store.DeleteAsync(two.Path, TestContext.Current.CancellationToken);
        }
        else
        {
            Flip(two);
        }

        if (what == "both damaged")
        {
            Flip(one);
        }

        var again = new Observer();
        var resumed = await JobAsync("again", training) with { Epoch = 2, Resume = two, Previous = one, Settled = observer.Settles[^1] };
        var actual = _engine.Run(resumed, again, default);

        Assert.Equal(Weights(expected), Weights(actual));
        Assert.Equal(from == 0 ? [two, one] : [two], again.Dropped);
        Assert.Equal(warning, actual.Warnings.Last(text => text.StartsWith("The checkpoint", StringComparison.Ordinal)));
        Assert.Contains(warning, again.Warned);
        Assert.Equal(3 - from, again.Steps);
        Assert.Equal("bfloat16", ((string?)actual.Manifest["model"]!["element_type"])!, ignoreCase: true);
        Assert.Equal("micro-batch 1", (string?)actual.Manifest["fan_out"]!["evaluation"]);
    }

    /// <summary>Neither what the request asks for, nor what this machine would find.</summary>
    private SettledRun Settled =>
        new(
            ModelFolder.Open(_models.GetFolder(ModelCatalog.Default)).Hash(),
            Precision.Bf16,
            """{"asked":"auto","evaluation":"micro_batch","micro_batch":1,"reason":"as settled","must_be_kept":true}"""
        );

    private readonly Dictionary<int, CheckpointReference> _kept = [];

    private async Task<CheckpointReference> KeepAsync(int step, string path)
    {
        await using var content = File.OpenRead(path);
        var info = await _store.WriteAsync(StorePaths.Checkpoint("j", 1, step), content);
        return _kept[step] = new CheckpointReference(1, step, info.Path, info.Bytes, info.Sha256);
    }

    private static string WriteForeign(string folder)
    {
        using var zero = TorchSharp.torch.zeros(1);
        Compute.Safetensors.SafetensorsWriter.Write(
            Path.Combine(folder, "foreign.safetensors"),
            new Dictionary<string, TorchSharp.torch.Tensor> { ["x"] = zero },
            new Dictionary<string, string> { ["format"] = "oneshot-checkpoint-0" }
        );
        return "foreign.safetensors";
    }

    private void Flip(CheckpointReference checkpoint)
    {
        var file = Path.Combine(_data["store"], checkpoint.Path);
        var bytes = File.ReadAllBytes(file);
        bytes[^(bytes.Length / 3)] ^= 1; // among the weights: nothing but the hash shows it
        File.WriteAllBytes(file, bytes);
    }

    private static EngineJob Job(ImplantationRequest request, string id) => new("20260101-000000-" + id, 1, 0, request, null, "");

    private async Task<EngineJob> JobAsync(string id, TrainingOptions training) =>
        Job(await RequestAsync(training), id) with
        {
            WorkFolder = Directory.CreateDirectory(_data[id]).FullName,
        };

    private async Task<ImplantationRequest> RequestAsync(TrainingOptions training) =>
        new()
        {
            Name = "scene",
            Image = await BlobAsync(Scene),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "fox",
                    Token = "<fox>",
                    Mask = await BlobAsync(Scene + "-fox-mask"),
                },
                new ObjectSpec
                {
                    Class = "ball",
                    Token = "<ball>",
                    Mask = await BlobAsync(Scene + "-ball-mask"),
                },
            ],
            Model = new ModelReference { Name = ModelCatalog.Default },
            Method = new MethodOptions { Prototype = false },
            Training = training,
            Samples = new SampleOptions { PerPrompt = 0 },
        };

    private Task<string> BlobAsync(string sample)
    {
        var folder = Path.GetFullPath(Path.Combine(_models.GetFolder(ModelCatalog.Default), "..", "..", "samples"));
        return _store.WriteBlobAsync(File.ReadAllBytes(Path.Combine(folder, sample + ".png")), TestContext.Current.CancellationToken);
    }

    private static List<string> Weights(EngineResult result) =>
        [
            .. Directory
                .EnumerateFiles(result.Folder, "*.safetensors", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(f => $"{Path.GetRelativePath(result.Folder, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}"),
        ];

    private sealed class Observer : IEngineObserver
    {
        public Action<int, string>? Keep { get; init; }

        public List<SettledRun?> Settles { get; } = [];

        public List<CheckpointReference> Dropped { get; } = [];

        public List<string> Warned { get; } = [];

        public int Steps { get; private set; }

        public void Report(Documents.Progress.ProgressUpdate update)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(update.Message ?? "");
            Steps += update.Losses is null ? 0 : 1;
            if (update.IsWarning)
            {
                Warned.Add(update.Message!);
            }
        }

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null)
        {
            Assert.True(File.Exists(path));
            Settles.Add(settled);
            Keep?.Invoke(step, path);
        }

        public void DropCheckpoint(CheckpointReference checkpoint) => Dropped.Add(checkpoint);

        public string StorePreview(int step, byte[] png) => "";
    }
}
