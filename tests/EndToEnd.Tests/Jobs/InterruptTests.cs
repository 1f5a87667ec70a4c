using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>Ctrl-C.</summary>
public sealed class InterruptTests(UninterruptedRun reference) : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_InterruptedWhileTraining_EndsWith130_AndWatchGoesOn()
    {
        await using var process = OneShotProcess.Start([.. ImplantArguments.Create(_folder), "--format", "json"]);
        var id = ImplantArguments.JobId(await process.SaysAsync(ImplantArguments.NamesJob));
        await process.TrainsAsync(4);

        await process.InterruptAsync();

        var interrupted = (await process.EndAsync()).Expect(130);
        Assert.Equal("cancelled", (string?)interrupted.Document["error"]!["code"]);
        Assert.Contains($"oneshot jobs watch {id} --data {_folder.Data}", interrupted.Error, StringComparison.Ordinal);
        Assert.Contains($"oneshot jobs watch {id}", (string?)interrupted.Document["error"]!["hint"], StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.Out));
        Assert.False(File.Exists(Path.Combine(_folder.Job(id), "manifest.json")));

        (await OneShotProcess.RunAsync("jobs", "watch", id, "--data", _folder.Data)).Expect(0);

        await reference.AssertSameFilesAsync(Path.Combine(_folder.Job(id), "result"));
        (await OneShotProcess.RunAsync("jobs", "download", id, "--data", _folder.Data, "--out", _folder.Out)).Expect(0);
        await reference.AssertSameFilesAsync(_folder.Out);
    }

    /// <summary>A shell without job control starts what it puts into the background so.</summary>
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Implant_StartedWithTheSignalIgnored_IsInterruptedAllTheSame(string signal)
    {
        await using var process = OneShotProcess.StartIn(
            ["sh", "-c", $"trap '' {signal}; exec \"$@\""],
            [.. ImplantArguments.Create(_folder, steps: 100_000), "--format", "json"]
        );
        var id = ImplantArguments.JobId(await process.SaysAsync(ImplantArguments.NamesJob));
        await process.TrainsAsync(1);

        await (signal == "INT" ? process.InterruptAsync() : process.TerminateAsync());

        var interrupted = (await process.EndAsync()).Expect(130);
        Assert.Contains($"job {id} stopped at a checkpoint.", interrupted.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(_folder.Job(id), "checkpoint-*", SearchOption.AllDirectories));
    }

    public void Dispose() => _folder.Dispose();
}
