using System.Collections.Immutable;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Tests.Training;

public sealed class ProgressPumpTests
{
    [Fact]
    public async Task Report_WhileACallIsUnderWay_GathersAndKeepsTheOrder()
    {
        var gate = new Gate();
        var sent = new List<ImmutableArray<int>>();
        var pump = new ProgressPump(
            async batch =>
            {
                sent.Add([.. batch.Select(update => update.Step)]);
                await gate.PassAsync();
            },
            _ => Assert.Fail("not stale")
        );
        pump.Report(Update(1));
        await gate.Reached;
        for (var step = 2; step <= 600; step++)
        {
            pump.Report(Update(step));
        }
        var flushed = pump.FlushAsync();
        Assert.False(flushed.IsCompleted);
        gate.Open();
        await flushed.WaitAsync(TestWorld.Limit);
        Assert.Equal(Enumerable.Range(1, 600), sent.SelectMany(batch => batch));
        Assert.True(sent.Count < 10, "one call for many steps");
        await pump.CompleteAsync();
    }

    [Fact]
    public async Task FlushAsync_StaleEpoch_ThrowsAndStopsOnce()
    {
        var (calls, stops) = (0, 0);
        var pump = new ProgressPump(
            _ =>
            {
                calls++;
                throw new StaleEpochException("j", 1, 2);
            },
            _ => stops++
        );
        pump.Report(Update(1));
        await Assert.ThrowsAsync<StaleEpochException>(pump.FlushAsync);
        pump.Report(Update(2));
        await Assert.ThrowsAsync<StaleEpochException>(pump.FlushAsync);
        await pump.CompleteAsync();
        Assert.Equal((1, 1), (calls, stops));
    }

    private static ProgressUpdate Update(int step) =>
        new()
        {
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
            Step = step,
        };
}
