using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>Two processes, one data folder.</summary>
public sealed class SecondProcessTests : IDisposable
{
    private const int ManySteps = 100_000;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task WhileOneTrains_AnotherListsAndCancels()
    {
        await using var trainer = OneShotProcess.Start([.. ImplantArguments.Create(_folder, ManySteps), "--format", "json"]);
        var id = ImplantArguments.JobId(await trainer.SaysAsync(ImplantArguments.NamesJob));
        await trainer.TrainsAsync(1);

        var list = (await OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data, "--format", "json")).Expect(0).Document;

        var job = Assert.Single(list["jobs"]!.AsArray())!;
        Assert.Equal(id, (string?)job["id"]);
        Assert.Equal("Training", (string?)job["state"], ignoreCase: true);
        Assert.Equal(ManySteps, (int?)job["steps"]);

        var cancelled = (await OneShotProcess.RunAsync("jobs", "cancel", id, "--data", _folder.Data, "--format", "json")).Expect(0).Document;

        Assert.Equal("Cancelled", (string?)cancelled["state"], ignoreCase: true);
        var ended = (await trainer.EndAsync()).Expect(3);
        Assert.Equal("cancelled", (string?)ended.Document["error"]!["code"]);
        Assert.False(Path.Exists(_folder.Out));
        Assert.False(Path.Exists(Path.Combine(_folder.Job(id), "manifest.json")));
        Assert.False(Path.Exists(Path.Combine(_folder.Job(id), "result")));
    }

    public void Dispose() => _folder.Dispose();
}
