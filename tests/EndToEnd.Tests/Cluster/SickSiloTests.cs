using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>Two silos, of which one has a full disk for its work: no job fails for it.</summary>
public sealed class SickSiloTests : IDisposable
{
    private const int Jobs = 8;
    private const int Steps = 4;
    private const string Ready = "Ready: silo ";

    private readonly TestFolder _folder = new();

    private string Work => Path.Combine(_folder.Data, "work");

    [Fact]
    public async Task Serve_DiskBelowTheFloor_TakesNoJobsAndSaysWhy()
    {
        await using var redis = await StartAsync();
        string[] options = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var sick = Sick(options);
        var address = (await sick.SaysAsync(IsReady)).Split(' ')[2];
        var line = await sick.SaysAsync(line => line.Contains(" takes no jobs: ", StringComparison.Ordinal));
        Assert.Matches($"^Silo {address} takes no jobs: its disk {Work} has [0-9]+ MiB free \\(needs 1 GiB\\)\\.$", line);

        // Until another one comes, a job waits and says why.
        await using var first = OneShotProcess.Start([.. ImplantArguments.Create(_folder.Data, Steps), .. options[..2]]);
        var id = ImplantArguments.JobId(await first.SaysAsync(ImplantArguments.NamesJob));
        await first.SaysAsync(text => text.Contains(line, StringComparison.Ordinal));
        var shown = (await OneShotProcess.RunAsync(["jobs", "show", id, .. options])).Expect(0);
        Assert.Contains(line, shown.Output + shown.Error, StringComparison.Ordinal);
        await using var well = OneShotProcess.Start(["serve", .. options]);
        await well.SaysAsync(IsReady);

        await AllSucceedAsync(options, jobs: 2);
        (await first.EndAsync()).Expect(0);
        var slots = (await OneShotProcess.RunAsync(["cluster", "slots", "--format", "json", .. options])).Expect(0).Document["slots"]!.AsArray();
        var slot = slots.Single(slot => (string?)slot!["silo"] == address)!;
        Assert.Equal("withheld", (string?)slot["state"]);
        Assert.StartsWith($"its disk {Work} has ", (string?)slot["reason"], StringComparison.Ordinal);
        Assert.Contains(
            $"{address}  1 slots, 0 free; takes no jobs: its disk {Work} has ",
            (await OneShotProcess.RunAsync(["cluster", "silos", .. options])).Expect(0).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Serve_DiskFillsUpMeanwhile_ItsJobsGoOnElsewhereAndItComesBackWhenThereIsRoom()
    {
        await using var redis = await StartAsync();
        string[] options = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var sick = Sick([.. options, "--min-free", "0"]);
        var address = (await sick.SaysAsync(IsReady)).Split(' ')[2];
        var ballast = $"/proc/{sick.Id}/root{Work}/ballast";
        Fill(ballast);
        await using var well = OneShotProcess.Start(["serve", "--min-free", "0", .. options]);
        await well.SaysAsync(IsReady);

        var epochs = await AllSucceedAsync(options, Jobs);

        await sick.SaysAsync(line =>
            line.StartsWith($"Silo {address} takes no jobs: ", StringComparison.Ordinal) && line.Contains("No space left on device", StringComparison.Ordinal)
        );
        Assert.Contains(epochs, epoch => epoch > 1);
        File.Delete(ballast);
        await sick.SaysAsync(line => line == $"Silo {address} takes jobs again.");
    }

    public void Dispose() => _folder.Dispose();

    private static bool IsReady(string line) => line.StartsWith(Ready, StringComparison.Ordinal);

    private async Task<RedisServer> StartAsync()
    {
        await PrivateMounts.RequireAsync(_folder.Root);
        Directory.CreateDirectory(Work);
        return await RedisServer.StartAsync();
    }

    /// <summary>A silo that sees a small disk where the others see a folder of the data.</summary>
    private OneShotProcess Sick(string[] options) =>
        OneShotProcess.StartIn(PrivateMounts.Shell($"mount -t tmpfs -o size=64m tmpfs '{Work}' && exec \"$@\""), ["serve", .. options]);

    /// <summary>Runs jobs at once; gives the epochs in which they ended.</summary>
    private async Task<IReadOnlyList<int>> AllSucceedAsync(string[] options, int jobs)
    {
        var outputs = Enumerable.Range(0, jobs).Select(job => _folder[string.Create(CultureInfo.InvariantCulture, $"out-{job}")]).ToList();
        var ended = await Task.WhenAll(
            outputs.Select(output => OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder.Data, Steps), "--out", output, .. options[..2]]))
        );
        Assert.All(ended, job => job.Expect(0));
        return [.. outputs.Select(output => (int)JsonNode.Parse(File.ReadAllText(Path.Combine(output, "manifest.json")))!["epoch"]!)];
    }

    private static void Fill(string ballast)
    {
        using var file = new FileStream(ballast, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        var zeros = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(zeros);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
