using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>
/// Several commands at once on one data folder: one of them owns it at a time, the others are its clients, and whoever owns it goes when its own job is done.
/// </summary>
public sealed class ManyProcessesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task Implant_SeveralAtOnce_AllEndWithTheirOwnResult(int count)
    {
        var running = Enumerable.Range(0, count).Select(i => OneShotProcess.Start(Implant(i, steps: 4))).ToList();
        try
        {
            var ended = await Task.WhenAll(running.Select(process => process.EndAsync()));

            Assert.All(ended, one => one.Expect(0));
            Assert.All(ended, one => Assert.DoesNotContain("defect", one.Error, StringComparison.Ordinal));
            for (var i = 0; i < count; i++)
            {
                var request = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Out(i), "request.json")))!;
                Assert.Equal(i, (int)request["seed"]!);
                Assert.True(File.Exists(Path.Combine(Out(i), "cat.safetensors")));
            }
        }
        finally
        {
            foreach (var process in running)
            {
                await process.DisposeAsync();
            }
        }

        var list = (await OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data, "--format", "json")).Expect(0).Document["jobs"]!.AsArray();
        Assert.Equal(count, list.Count);
        Assert.All(list, job => Assert.Equal("Succeeded", (string?)job!["state"], ignoreCase: true));
        await AssertUnbrokenAsync([.. list.Select(job => (string)job!["id"]!)]);
    }

    [Fact]
    public async Task OwnerIsKilled_WhileOthersWaitWatchAndCancel_AllGoOnWithoutIt()
    {
        await using var owner = OneShotProcess.Start(Implant(0, steps: 80));
        var first = ImplantArguments.JobId(await owner.SaysAsync(ImplantArguments.NamesJob));
        await owner.TrainsAsync(1);
        await using var second = OneShotProcess.Start(Implant(1, steps: 4));
        // So many that it can't be done before its cancellation arrives, however slow the machine starts a command.
        await using var third = OneShotProcess.Start(Implant(2, steps: 20_000));
        await using var watch = OneShotProcess.Start("jobs", "watch", first, "--data", _folder.Data, "--format", "json");
        var names = await Task.WhenAll(second.SaysAsync(ImplantArguments.NamesJob), third.SaysAsync(ImplantArguments.NamesJob));
        Assert.All(names, name => Assert.EndsWith($", on process {owner.Id} which owns {_folder.Data}", name, StringComparison.Ordinal));
        await watch.WritesAsync(line => (int)JsonNode.Parse(line)!["step"]! >= 1);
        await owner.TrainsAsync(12);

        owner.Kill();
        var waiting = names[1].Split(' ')[1].TrimEnd(',');
        var cancel = OneShotProcess.RunAsync("jobs", "cancel", waiting, "--data", _folder.Data, "--format", "json");
        var list = OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data, "--format", "json");

        Assert.Equal(3, (await list).Expect(0).Document["jobs"]!.AsArray().Count);
        Assert.Equal("Cancelled", (string?)(await cancel).Expect(0).Document["state"], ignoreCase: true);
        (await third.EndAsync()).Expect(3);
        (await second.EndAsync()).Expect(0);
        var seen = (await watch.EndAsync()).Expect(0);
        Assert.Equal(Enumerable.Range(1, seen.Lines.Count), seen.Lines.Select(item => (int)item["seq"]!));
        Assert.Equal("Succeeded", (string?)seen.Lines[^1]["stage"], ignoreCase: true);
        Assert.Contains($"Process {owner.Id}, which worked on the job, is gone; it goes on in ", seen.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Out(1), "manifest.json")));
        await AssertUnbrokenAsync([first]);
    }

    [Fact]
    public async Task OwnerIsInterrupted_WhileAnotherWaits_TheOtherGoesOnFromItsCheckpoint()
    {
        await using var owner = OneShotProcess.Start(Implant(0, steps: 40));
        var id = ImplantArguments.JobId(await owner.SaysAsync(ImplantArguments.NamesJob));
        await using var watch = OneShotProcess.Start("jobs", "watch", id, "--data", _folder.Data, "--format", "json");
        await watch.WritesAsync(line => (int)JsonNode.Parse(line)!["step"]! >= 3);

        await owner.InterruptAsync();

        (await owner.EndAsync()).Expect(130);
        var seen = (await watch.EndAsync()).Expect(0);
        var steps = seen.Lines.Where(item => item["losses"] is not null).Select(item => (int)item["step"]!);
        Assert.Equal(Enumerable.Range(1, 40), steps);
        Assert.Equal(Enumerable.Range(1, seen.Lines.Count), seen.Lines.Select(item => (int)item["seq"]!));
    }

    public void Dispose() => _folder.Dispose();

    private string Out(int number) => _folder[string.Create(CultureInfo.InvariantCulture, $"out{number}")];

    private string[] Implant(int number, int steps)
    {
        string[] arguments = [.. ImplantArguments.Create(_folder.Data, steps), "--out", Out(number)];
        arguments[Array.IndexOf(arguments, "--seed") + 1] = number.ToString(CultureInfo.InvariantCulture);
        arguments[Array.IndexOf(arguments, "--samples") + 1] = "0";
        return arguments;
    }

    /// <summary>A job that is watched from its beginning shows each event once, whichever processes wrote them.</summary>
    private async Task AssertUnbrokenAsync(IReadOnlyList<string> jobs)
    {
        foreach (var id in jobs)
        {
            var events = (await OneShotProcess.RunAsync("jobs", "watch", id, "--data", _folder.Data, "--format", "json")).Expect(0).Lines;
            Assert.Equal(Enumerable.Range(1, events.Count), events.Select(item => (int)item["seq"]!));
            Assert.Equal("Succeeded", (string?)events[^1]["stage"], ignoreCase: true);
        }
    }
}
