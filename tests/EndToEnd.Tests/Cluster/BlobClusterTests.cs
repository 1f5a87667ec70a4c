using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>A cluster on blob storage, none of whose silos has the job's model.</summary>
public sealed class BlobClusterTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_SilosWithoutTheModelAndOneKilled_GivesTheFilesOfAnUndisturbedRun()
    {
        await using var cluster = await BlobCluster.StartAsync();
        var first = await cluster.AddSiloAsync(_folder["silo-a"]);
        await using (var job = cluster.Start([.. ImplantArguments.Create(_folder["client"]), "--out", _folder["there"]]))
        {
            // The client's own model goes into the store by itself, under a name that tells its content.
            var known = await job.SaysAsync(line => line.StartsWith("The cluster knows the model as ", StringComparison.Ordinal));
            var name = known.Split(' ')[^1].TrimEnd('.');
            await job.SaysAsync(line => line.StartsWith($"fetching {name} ", StringComparison.Ordinal));
            await job.TrainsAsync(ImplantArguments.Steps / 2);
            var second = cluster.AddSiloAsync(_folder["silo-b"]);
            first.Kill();
            await second;
            await job.SaysAsync(line => line.StartsWith($"fetching {name} ", StringComparison.Ordinal));
            (await job.EndAsync()).Expect(0);

            Assert.True(
                (int)
                    JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder["there"], "manifest.json"), TestContext.Current.CancellationToken))![
                        "epoch"
                    ]! > 1
            );
            await AssertSameAsAloneAsync(name);
        }
    }

    [Fact]
    public async Task Push_ThenImplantByName_SendsTheModelOnce()
    {
        await using var cluster = await BlobCluster.StartAsync();
        Copy(Repository.TinyModel, Path.Combine(_folder["client"], "models", "tiny"));

        var sent = (await cluster.RunAsync("models", "push", "tiny", "--name", "tiny", "--data", _folder["client"], "--format", "json")).Expect(0).Document;
        var again = (await cluster.RunAsync("models", "push", Repository.TinyModel, "--name", "tiny", "--data", _folder["other"], "--format", "json"))
            .Expect(0)
            .Document;

        Assert.Equal(((string)"tiny", 0L), ((string)again["name"]!, (long)again["sent"]!));
        Assert.Equal(sent["files"]!.AsArray().Sum(file => (long)file!["bytes"]!), (long)sent["sent"]!);

        await cluster.AddSiloAsync(_folder["silo"]);
        var ended = (await cluster.RunAsync([.. Steps(4, "tiny"), "--data", _folder["client"], "--out", _folder["out"]])).Expect(0);
        Assert.DoesNotContain("Sending", ended.Error, StringComparison.Ordinal);
        Assert.Contains("fetching tiny ", ended.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder["silo"], "models", "tiny", "model_index.json")));
    }

    [Fact]
    public async Task Implant_TwoSilosOfAHost_MapTheSameConvertedWeights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        await using var cluster = await BlobCluster.StartAsync();
        var silos = new List<OneShotProcess> { await cluster.AddSiloAsync(_folder["host"]), await cluster.AddSiloAsync(_folder["host"]) };

        // Longer than the test: both slots are busy at the same moment.
        await using var one = cluster.Start([.. Steps(100_000, Repository.TinyModel), "--data", _folder["client"]]);
        await using var two = cluster.Start([.. Steps(100_000, Repository.TinyModel), "--data", _folder["client"]]);
        await one.TrainsAsync(1);
        await two.TrainsAsync(1);

        var maps = silos.Select(silo => Weights(silo.Id)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', maps.SelectMany(map => map)));
        Assert.NotEmpty(maps[0]);
        Assert.Equal(maps[0], maps[1]);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Steps(int steps, string model)
    {
        var arguments = ImplantArguments.Create(_folder["unused"], steps);
        arguments[Array.IndexOf(arguments, "--model") + 1] = model;
        return arguments[..Array.IndexOf(arguments, "--data")];
    }

    private async Task AssertSameAsAloneAsync(string name)
    {
        Copy(Repository.TinyModel, Path.Combine(_folder["alone"], "models", name));
        (await OneShotProcess.RunAsync([.. Steps(ImplantArguments.Steps, name), "--data", _folder["alone"], "--out", _folder["here"]])).Expect(0);
        var (there, here) = (TestFolder.Hash(_folder["there"]), TestFolder.Hash(_folder["here"]));
        Assert.True(there.Remove("manifest.json") && here.Remove("manifest.json"));
        Assert.Contains("cat.safetensors", here.Keys);
        Assert.Equal(here, there);
    }

    // Inode and path of every mapped file of weights.
    private static SortedSet<string> Weights(int process) =>
        new(
            File.ReadLines($"/proc/{process}/maps")
                .Where(line => line.EndsWith(".safetensors", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(parts => $"{parts[3]} {parts[4]} {parts[5]}"),
            StringComparer.Ordinal
        );

    private static void Copy(string folder, string target)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }
}
