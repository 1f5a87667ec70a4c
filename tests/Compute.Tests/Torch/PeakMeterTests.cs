using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>Alone in the process: what another test frees meanwhile would be taken from what this one is seen to touch.</summary>
[CollectionDefinition(nameof(PeakMeterTests), DisableParallelization = true)]
public sealed class PeakMeterCollection;

[Collection(nameof(PeakMeterTests))]
public sealed class PeakMeterTests
{
    private const long Kib = 1024;

    [Fact]
    public void Peak_OneRunAfterAnother_IsWhatEachTookAboveTheProcessWithoutRuns()
    {
        using var process = new FakeProcess(mayReset: true);
        var meter = new PeakMeter(process.Memory);
        process.Set(resident: 100, peak: 900);
        using (var first = meter.Begin("cpu"))
        {
            Assert.Equal("5", File.ReadAllText(process.Resets));
            process.Set(resident: 250, peak: 400);
            Assert.Equal(300 * Kib, first.Peak());
        }

        // Something of the first is still mapped: the second uses it as well.
        process.Set(resident: 180, peak: 400);
        using var second = meter.Begin("cpu");
        process.Set(resident: 200, peak: 220);
        Assert.Equal(120 * Kib, second.Peak());
    }

    [Fact]
    public void Peak_ThatMayNotBeReset_IsTheMostThatWasSeen()
    {
        using var process = new FakeProcess(mayReset: false);
        process.Set(resident: 100, peak: 900);
        using var run = new PeakMeter(process.Memory).Begin("cpu");
        process.Set(resident: 350, peak: 900);
        run.Look();
        process.Set(resident: 200, peak: 900);
        Assert.Equal(250 * Kib, run.Peak());
    }

    [Fact]
    public void Peak_RunsAtTheSameTime_IsNotKnown()
    {
        using var process = new FakeProcess(mayReset: true);
        var meter = new PeakMeter(process.Memory, _ => 0);
        process.Set(resident: 100, peak: 100);
        using var first = meter.Begin("cpu");
        using (var second = meter.Begin("cpu"))
        {
            process.Set(resident: 400, peak: 400);
            Assert.Equal(0, second.Peak());
        }

        // Over or not: the peak may have been the other's.
        Assert.Equal(0, first.Peak());
        first.Dispose();
        using var third = meter.Begin("cpu");
        Assert.Equal(300 * Kib, third.Peak());
        using var gpu = meter.Begin("cuda:0");
        Assert.Equal(0, third.Peak());
    }

    [Fact]
    public void Peak_OnAGpu_IsKnownWhereItsUseHasGrown()
    {
        using var process = new FakeProcess(mayReset: true);
        process.Set(resident: 100, peak: 100);
        var used = new long[] { 10, 1000 };
        var meter = new PeakMeter(process.Memory, index => used[index]);
        using (var first = meter.Begin("cuda:0"))
        {
            using var elsewhere = meter.Begin("cuda:1");
            used[0] = 50;
            first.Look();
            used[0] = 40;
            Assert.Equal((40, 0), (first.Peak(), elsewhere.Peak()));
        }

        // Fits into what the allocator has kept.
        using (var small = meter.Begin("cuda:0"))
        {
            Assert.Equal(0, small.Peak());
        }

        using var large = meter.Begin("cuda:0");
        used[0] = 75;
        Assert.Equal(65, large.Peak());
    }

    [Fact]
    public void Peak_SystemThatTellsNothing_IsNotKnown()
    {
        using var run = new PeakMeter(new ProcessMemory("/nowhere"), _ => null).Begin("cpu");
        Assert.Equal(0, run.Peak());
        using var gpu = new PeakMeter(new ProcessMemory("/nowhere"), _ => null).Begin("cuda:0");
        Assert.Equal(0, gpu.Peak());
    }

    [Fact]
    public void Peak_OfThisProcess_CoversWhatARunTouches()
    {
        const int Bytes = 200 << 20;
        var memory = new ProcessMemory();
        Assert.SkipUnless(memory.Resident() > 0, "The system does not tell.");
        using var run = new PeakMeter().Begin("cpu");
        // Large enough to go back to the system when it is freed: a look afterwards finds nothing.
        TorchSharp.torch.ones([Bytes / sizeof(float)]).Dispose();
        Assert.True(run.Peak() >= Bytes * 9L / 10, $"{run.Peak()} bytes");
    }
}
