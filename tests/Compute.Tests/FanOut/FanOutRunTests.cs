using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tests.Implantation;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.FanOut;

/// <summary>Whole runs of three objects, two a step, with workers inside the process.</summary>
public sealed class FanOutRunTests : IDisposable
{
    private const string Scene = "scene-cup-teddy-bear-apple";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-fanout-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ImplantationOptions Options =>
        new()
        {
            Name = "scene",
            Seed = 3,
            Steps = 5,
            LearningRate = 1e-3,
            Schedule = LearningRateSchedule.Cosine,
            Resolution = 32,
            Vectors = 2,
            CheckpointEvery = 2,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prototype = new PrototypeOptions { Steps = 3 },
            SamplesPerPrompt = 0,
        };

    private static ImplantationInputs Inputs =>
        new(
            Sample(Scene),
            [
                new("cup", "<cup>", Sample($"{Scene}-cup-mask")),
                new("bear", "<bear>", Sample($"{Scene}-teddy-bear-mask")),
                new("apple", "<apple>", Sample($"{Scene}-apple-mask")),
            ]
        );

    [Theory]
    [InlineData(Precision.Fp32, false)]
    [InlineData(Precision.Fp32, true)]
    [InlineData(Precision.Bf16, false)]
    public void Synchronous_WorkersInTheWrongOrder_GivesTheBitsOfOneTermAPass(Precision precision, bool dora)
    {
        var options = Options with { Precision = precision, Dora = dora };
        var local = Run("local", options with { FanOut = FanOutMode.Local, MicroBatch = 1 }, null, null);
        var spread = options with { FanOut = FanOutMode.Synchronous };
        using var workers = Workers(2, spread);
        var synchronous = Run("synchronous", spread, null, workers);
        Assert.Equal(local.Weights, synchronous.Weights);
        Assert.Equal(local.Losses, synchronous.Losses);
        Assert.Equal(10, workers.Evaluated); // two of three terms in five steps
        Assert.Equal([2], workers.Wanted);
        Assert.Equal(1, workers.Dismissals);
        Assert.Equal("term by term", (string?)synchronous.FanOut["evaluation"]);
        Assert.Equal("term by term", (string?)local.FanOut["evaluation"]);
    }

    [Fact]
    public void TermByTerm_ThreeSteps_StaysWithTheBatch()
    {
        var options = Options with { Steps = 3, LearningRate = 1e-4, FanOut = FanOutMode.Local };
        var batch = Run("batch", options, null, null);
        foreach (var n in new[] { 1, 2 })
        {
            var apart = Run($"apart{n}", options with { MicroBatch = n }, null, null);
            for (var step = 0; step < 3; step++)
            {
                Assert.Equal(batch.Losses[step].Total, apart.Losses[step].Total, 1e-5);
            }

            AssertClose(batch.Checkpoint!, apart.Checkpoint!, $"micro-batch {n}");
        }
    }

    [Fact]
    public void Synchronous_StoppedAndResumedWithoutWorkers_GivesTheSameWeights()
    {
        var options = Options with { FanOut = FanOutMode.Synchronous };
        using var workers = Workers(1, options);
        var whole = Run("whole", options, null, workers);
        using var another = Workers(2, options);
        var first = Stop("first", options, another, 3);
        Assert.Equal(3, first.CheckpointStep);
        var resumed = Run("resumed", options, first.Checkpoint, null);
        Assert.Equal(whole.Weights, resumed.Weights);
        Assert.Equal(2, resumed.Losses.Count);
        Assert.Equal((string?)whole.FanOut["evaluation"], (string?)resumed.FanOut["evaluation"]);
    }

    [Fact]
    public void Synchronous_KilledBeforeItsFirstStep_ResumesFromTheDecision()
    {
        var options = Options with { FanOut = FanOutMode.Synchronous };
        using var workers = Workers(1, options);
        var whole = Run("whole", options, null, workers);
        var killed = new RecordingObserver(_folder.FullName) { AfterStep = _ => throw new InvalidOperationException("killed") };
        using var another = Workers(1, options);
        Assert.Throws<InvalidOperationException>(() => Execute("killed", options, null, killed, another, default));
        Assert.Equal(0, killed.CheckpointStep);
        Assert.Contains(killed.Messages, m => m.Contains("term by term", StringComparison.Ordinal));
        Assert.Equal(whole.Weights, Run("resumed", options, killed.Checkpoint, null).Weights);
    }

    [Fact]
    public void Periodic_OneParticipant_IsTheLocalRunBitForBit()
    {
        var local = Run("local", Options with { FanOut = FanOutMode.Local }, null, null);
        foreach (var period in new[] { 2, 100 })
        {
            var rounds = Run($"rounds{period}", Options with { FanOut = FanOutMode.Periodic, FanOutPeriod = period }, null, null);
            Assert.Equal(local.Weights, rounds.Weights);
            Assert.Equal(local.Losses, rounds.Losses);
            Assert.Equal($"rounds of {period} over 1", (string?)rounds.FanOut["evaluation"]);
        }
    }

    [Fact]
    public void Periodic_ParticipantsWhoeverRunsThem_GiveTheSameWeights()
    {
        var options = Options with { FanOut = FanOutMode.Periodic, FanOutPeriod = 2 };
        using var workers = Workers(2, options);
        var spread = Run("spread", options, null, workers);
        Assert.Equal("rounds of 2 over 3", (string?)spread.FanOut["evaluation"]);
        Assert.Equal(6, workers.Evaluated); // two of three participants in rounds of 2, 2 and 1 steps

        // Both workers died before their first answer: the run's own thread replays their rounds.
        using var dead = new LocalWorkers(2, () => throw new InvalidOperationException()) { Dead = true };
        var alone = Run("alone", options, null, dead);
        Assert.Equal(spread.Weights, alone.Weights);
        Assert.Equal(spread.Losses, alone.Losses);
        Assert.NotEqual(spread.Weights, Run("one", options, null, null).Weights);
    }

    [Fact]
    public void Periodic_StoppedInsideARound_ResumesFromItsBoundary()
    {
        var options = Options with { FanOut = FanOutMode.Periodic, FanOutPeriod = 2, CheckpointEvery = 3 };
        using var workers = Workers(2, options);
        var whole = Run("whole", options, null, workers);
        using var another = Workers(2, options);
        var first = Stop("first", options, another, 2);
        Assert.Equal(2, first.CheckpointStep);

        // Checkpoints lie on boundaries: the first one at or after every third step.
        var resumed = Run("resumed", options, first.Checkpoint, null);
        Assert.Equal(whole.Weights, resumed.Weights);
        Assert.Equal("rounds of 2 over 3", (string?)resumed.FanOut["evaluation"]);
        Assert.Equal([0, 4, 5], whole.CheckpointSteps);
    }

    [Fact]
    public void Auto_WayThatTakesForEver_StaysLocalAndUnchanged()
    {
        using var workers = Workers(2, Options, double.PositiveInfinity);
        var local = Run("local", Options, null, null);
        var auto = Run("auto", Options, null, workers);
        Assert.Equal(local.Weights, auto.Weights);
        Assert.Equal(0, workers.Evaluated);
        Assert.Equal("batch", (string?)auto.FanOut["evaluation"]);
        Assert.Equal("auto", (string?)auto.FanOut["asked"]);
        Assert.Equal(3, (int?)auto.FanOut["measured"]!["terms"]);
        Assert.Equal(Assert.Single(workers.Measured).There, (int?)auto.FanOut["measured"]!["payload_bytes"]);
        Assert.Null(auto.FanOut["measured"]!["transfer_seconds"]);
        Assert.Equal([0, 2, 4, 5], auto.CheckpointSteps);
        Assert.Equal([2, 4, 5], local.CheckpointSteps);
        Assert.Null(local.FanOut["measured"]);
        Assert.Equal("no other slot is free", (string?)local.FanOut["reason"]);
        Assert.Equal(2, workers.Dismissals);
    }

    [Fact]
    public void Auto_WhateverItChooses_GivesTheWeightsOfThatMode()
    {
        // Which one is chosen depends on this machine; that measuring and trying left no trace must not.
        using var workers = Workers(2, Options);
        var auto = Run("auto", Options, null, workers);
        using var another = Workers(2, Options with { FanOut = FanOutMode.Synchronous });
        var chosen =
            (string?)auto.FanOut["evaluation"] == "term by term"
                ? Run("synchronous", Options with { FanOut = FanOutMode.Synchronous }, null, another)
                : Run("local", Options with { FanOut = FanOutMode.Local }, null, null);
        Assert.Equal(chosen.Weights, auto.Weights);
        Assert.Equal(chosen.Losses, auto.Losses);
        Assert.NotNull(auto.FanOut["measured"]!["transfer_seconds"]);
    }

    [Theory]
    [InlineData(FanOutMode.Synchronous)]
    [InlineData(FanOutMode.Periodic)]
    public void AnyMode_PayloadBeyondTheLimit_StaysLocalWithAReason(FanOutMode mode)
    {
        using var workers = new LocalWorkers(2, () => throw new InvalidOperationException()) { LargestPayload = 1000 };
        var run = Run("large", Options with { Steps = 1, FanOut = mode, FanOutPeriod = mode == FanOutMode.Periodic ? 2 : 0 }, null, workers);
        Assert.Empty(workers.Wanted);
        Assert.Equal("batch", (string?)run.FanOut["evaluation"]);
        Assert.Contains("more than the 1,000", (string?)run.FanOut["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_OneTermAStep_AsksNobody()
    {
        using var workers = new LocalWorkers(2, () => throw new InvalidOperationException());
        var run = Run(
            "one",
            Options with
            {
                Steps = 1,
                Objective = new ObjectiveOptions { ObjectLoss = false },
            },
            null,
            workers
        );
        Assert.Empty(workers.Wanted);
        Assert.Contains("one term", (string?)run.FanOut["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_SeveralObjects_TellsHowNearTokensAreAndWhatLeaks()
    {
        Run("metrics", Options with { Steps = 1, SamplesPerPrompt = 1, SamplingSteps = 1, Prompts = ["a photo of <bear>", "<cup> and <apple>"] }, null, null);
        var metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "metrics", "metrics.json")))!;
        var pairs = metrics["token_cosines"]!.AsArray();
        Assert.Equal(["<cup> <bear>", "<cup> <apple>", "<bear> <apple>"], pairs.Select(p => $"{(string?)p!["first"]} {(string?)p["second"]}"));
        Assert.All(pairs, p => Assert.InRange((double)p!["vectors"]!, -1, 1));
        Assert.All(pairs, p => Assert.InRange((double)p!["text"]!, -1, 1));
        var samples = metrics["samples"]!.AsArray();
        Assert.Equal(["<bear>"], samples[0]!["named"]!.AsArray().Select(n => (string?)n));
        Assert.Equal(["<cup>", "<apple>"], samples[1]!["named"]!.AsArray().Select(n => (string?)n));
        Assert.All(samples, s => Assert.Equal(["<cup>", "<bear>", "<apple>"], s!["ia_object"]!.AsObject().Select(o => o.Key)));
        Assert.Equal((double)samples[0]!["ia_object"]!["<bear>"]!, (double)metrics["objects"]![1]!["ia_object"]!, 1e-12);
    }

    [Theory]
    [InlineData(FanOutMode.Synchronous, 0)]
    [InlineData(FanOutMode.Periodic, 2)]
    public void Worker_TruncatedPayload_IsRefusedAndGoesOn(FanOutMode mode, int period)
    {
        var options = Options with { FanOut = mode, FanOutPeriod = period };
        using var worker = TermWorker.Open(Model, Inputs, options);
        foreach (var length in new[] { 0, 100, 1 << 20 })
        {
            var error = Assert.Throws<InvalidInputException>(() => worker.Evaluate(0, 0, new byte[length], default));
            Assert.Contains($"not {length}", error.Message, StringComparison.Ordinal);
        }

        Assert.Throws<InvalidInputException>(() => worker.Evaluate(5, 0, default, default));
        Assert.Throws<InvalidInputException>(() => worker.Evaluate(0, -1, default, default));
        using var workers = new LocalWorkers(0, () => throw new InvalidOperationException()) { Dead = true };
        Assert.Equal(5, Run("goes-on", options, null, workers).Losses.Count);
    }

    private static ModelFolder Model => ModelFolder.Open(Golden.PathOf("sd15-tiny"));

    private static LocalWorkers Workers(int workers, ImplantationOptions options, double transfer = 0) =>
        new(workers, () => TermWorker.Open(Model, Inputs, options)) { Transfer = transfer };

    private static byte[] Sample(string name) => File.ReadAllBytes(Repository.Sample(name + ".png"));

    private FanOutRun Run(string name, ImplantationOptions options, string? checkpoint, IBorrowedSlots? slots)
    {
        var observer = new RecordingObserver(Directory.CreateDirectory(Path.Combine(_folder.FullName, name + "-observed")).FullName);
        return Execute(name, options, checkpoint, observer, slots, default);
    }

    private RecordingObserver Stop(string name, ImplantationOptions options, IBorrowedSlots slots, int afterStep)
    {
        using var stop = new CancellationTokenSource();
        var observer = new RecordingObserver(_folder.FullName)
        {
            AfterStep = step =>
            {
                if (step == afterStep)
                {
                    stop.Cancel();
                }
            },
        };
        Assert.Throws<OperationCanceledException>(() => Execute(name, options, null, observer, slots, stop.Token));
        return observer;
    }

    private FanOutRun Execute(
        string name,
        ImplantationOptions options,
        string? checkpoint,
        RecordingObserver observer,
        IBorrowedSlots? slots,
        CancellationToken cancellationToken
    )
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, name)).FullName;
        var outcome = new ImplantationRun(Model, Inputs, options, observer, slots).Execute(folder, checkpoint, cancellationToken);
        var weights = Directory
            .EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}")
            .ToList();
        Assert.Equal(5, weights.Count); // two LoRA layouts and three token files
        return new FanOutRun(weights, observer.Losses, observer.Checkpoint, observer.CheckpointSteps, outcome.Used["fan_out"]!.AsObject());
    }

    // 5e-6 against a movement of 1e-4 a step at most; Adam divides by the gradient's own size, so a rare outlier is allowed. A tensor whose gradients are zero
    // but for rounding, as those of to_q and to_k where attention sees a single position, moves by its rounding errors alone: the sign of noise is nobody's to
    // compare.
    private static void AssertClose(string expected, string actual, string what)
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile a = SafetensorsFile.Open(expected),
            b = SafetensorsFile.Open(actual);
        var gradients = a.Get("optimiser.0.variance").sqrt();
        var noise = gradients.max().item<float>() * 1e-6;
        var (worst, outliers, count, skipped, offset) = (0.0, 0L, 0L, 0, 0L);
        foreach (var key in LoraNames().Select(name => "lora." + name).Append("vectors"))
        {
            var difference = (a.Get(key) - b.Get(key)).abs();
            if (key != "vectors")
            {
                offset += difference.numel();
                if (gradients.narrow(0, offset - difference.numel(), difference.numel()).max().item<float>() < noise)
                {
                    skipped++;
                    continue;
                }
            }

            worst = Math.Max(worst, difference.max().item<float>());
            outliers += difference.Gt(5e-6).sum().item<long>();
            count += difference.numel();
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{what}: weights deviate by at most {worst:E2}, {outliers} of {count} by more than 5E-06; {skipped} tensors without gradient"
        );
        Assert.InRange(skipped, 0, 4);
        Assert.True(outliers <= count / 1000, $"{what}: {outliers} of {count} values deviate by more than 5e-6.");
    }

    /// <summary>The LoRA's tensors in the order of the flat buffer, which is the optimiser's too.</summary>
    private static IReadOnlyList<string> LoraNames()
    {
        using var unet = Model.LoadUNet(ScalarType.Float32, CPU);
        using var random = new Generator(1);
        using var lora = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(Options.Rank, Options.Alpha, LoraTargetModules.Attention), random);
        return lora.Parameters.Names;
    }

    private sealed record FanOutRun(
        IReadOnlyList<string> Weights,
        IReadOnlyList<StepLosses> Losses,
        string? Checkpoint,
        IReadOnlyList<int> CheckpointSteps,
        JsonObject FanOut
    );
}
