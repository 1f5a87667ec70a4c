using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Silo.Models;
using OrleansOneShot.Silo.Tests.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

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
        _engine = new ComputeTrainingEngine(new VerifiedReader(_store), SiloModels.Create(_data.Folder, _models, _store, NullLogger<SiloModels>.Instance), new PrecisionChooser(_data.Folder), new PeakMeter());
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Run_SynchronousWithAnotherSlot_IsOneTermAPassBitForBit()
    {
        var local = await JobAsync("local", new TrainingOptions { Steps = 2, MicroBatch = 1, FanOut = new FanOutOptions { Mode = Contracts.Requests.FanOutMode.Local } });
        using var fanOut = new EngineFanOut(_engine);

        // --precision auto: the other slot computes in what the job's slot has chosen.
        var spread = await JobAsync("spread", new TrainingOptions { Steps = 2, FanOut = new FanOutOptions { Mode = Contracts.Requests.FanOutMode.Synchronous } }) with { FanOut = fanOut };
        fanOut.Job = spread;
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
        var weights = new DirectoryInfo(_models.GetFolder(ModelCatalog.Default)).EnumerateFiles("*.safetensors", SearchOption.AllDirectories).Sum(file => file.Length);
        var result = _engine.Run(await JobAsync("alone", new TrainingOptions { Steps = 2 }), new Observer(), default);
        TestContext.Current.TestOutputHelper?.WriteLine($"peak {result.PeakBytes >> 20} MiB, weights {weights >> 20} MiB");
        Assert.True(result.PeakBytes > 0);
    }

    [Fact]
    public async Task Run_SlotsDeviceIsGiven_RunsOnThatOne()
    {
        // Were the request asked, it would be the processor.
        var job = await JobAsync("bound", new TrainingOptions { Steps = 1, Device = "cpu" }) with { Device = "cuda:9" };
        var error = Assert.Throws<OneShotException>(() => _engine.Run(job, new Observer(), default));
        Assert.Contains("cuda:9 isn't there", error.Detail.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_JobThatAsksForNoHelp_IsRefused()
    {
        var job = await JobAsync("none", new TrainingOptions());
        var error = Assert.Throws<OneShotException>(() => _engine.Open(job, default));
        Assert.Equal(ErrorCodes.Unavailable, error.Detail.Code);
    }

    [Fact]
    public async Task Open_AnotherModelThanTheJobs_IsRefused()
    {
        var job = await JobAsync("other", new TrainingOptions());
        var terms = new FanOutTerms(new string('0', 64), ComputePrecision.Fp32).ToText();
        var error = Assert.Throws<OneShotException>(() => _engine.Open(job with { Terms = terms }, default));
        Assert.Equal(ErrorCodes.Conflict, error.Detail.Code);
    }

    [Fact]
    public async Task Evaluate_TruncatedPayload_IsInvalidInput()
    {
        var job = await JobAsync("cut", new TrainingOptions { Steps = 1, Precision = Precision.Fp32 });
        using var fanOut = new EngineFanOut(_engine) { Job = job };
        _ = _engine.Run(job with { FanOut = fanOut }, new Observer(), default); // auto: asks for help
        using var worker = _engine.Open(job with { Terms = fanOut.Terms }, default);
        var error = Assert.Throws<OneShotException>(() => worker.Evaluate(0, 0, new byte[10], default));
        Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
    }

    [Theory]
    [InlineData(Contracts.Requests.FanOutMode.Auto, 0, null)]
    [InlineData(Contracts.Requests.FanOutMode.Local, 0, 2)]
    [InlineData(Contracts.Requests.FanOutMode.Synchronous, 0, null)]
    [InlineData(Contracts.Requests.FanOutMode.Periodic, 7, 1)]
    public async Task Resolve_FanOut_IsPassedOn(Contracts.Requests.FanOutMode mode, int period, int? microBatch)
    {
        var request = await RequestAsync(new TrainingOptions { MicroBatch = microBatch, FanOut = new FanOutOptions { Mode = mode, Period = period } });
        var options = ImplantationOptionsResolver.Resolve(request, ModelFolder.Open(_models.GetFolder(ModelCatalog.Default)));
        Assert.Equal((mode.ToString(), period, microBatch), (options.FanOut.ToString(), options.FanOutPeriod, options.MicroBatch));
    }

    private static EngineJob Job(ImplantationRequest request, string id) => new("20260101-000000-" + id, 1, 0, request, null, "");

    private async Task<EngineJob> JobAsync(string id, TrainingOptions training) =>
        Job(await RequestAsync(training), id) with { WorkFolder = Directory.CreateDirectory(_data[id]).FullName };

    private async Task<ImplantationRequest> RequestAsync(TrainingOptions training) => new()
    {
        Name = "scene",
        Image = await BlobAsync(Scene),
        Objects =
        [
            new ObjectSpec { Class = "fox", Token = "<fox>", Mask = await BlobAsync(Scene + "-fox-mask") },
            new ObjectSpec { Class = "ball", Token = "<ball>", Mask = await BlobAsync(Scene + "-ball-mask") },
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
        .. Directory.EnumerateFiles(result.Folder, "*.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetRelativePath(result.Folder, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}"),
    ];

    private sealed class Observer : IEngineObserver
    {
        public void Report(Contracts.Progress.ProgressUpdate update) => TestContext.Current.TestOutputHelper?.WriteLine(update.Message ?? "");

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null) => Assert.True(File.Exists(path));

        public void DropCheckpoint(CheckpointReference checkpoint)
        {
        }

        public string StorePreview(int step, byte[] png) => "";
    }
}
