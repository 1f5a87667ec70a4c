using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.State;

/// <summary>The Redis and the shared folder of a cluster of November 2026.</summary>
public sealed class ClusterStateTests : IDisposable
{
    private const string Finished = "20261127-080420-3312900a";
    private const string Interrupted = "20261127-080433-7ca6e54d";

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task ClusterOf202611_IsListedDownloadedAndFinished()
    {
        await EarlierData.UnpackAsync("cluster-2026-11.tar.gz", _folder.Root);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.Data, "models.json"),
            new JsonObject { ["sd15-tiny-7b34726b"] = Repository.TinyModel }.ToJsonString(),
            TestContext.Current.CancellationToken
        );
        await using var redis = await RedisServer.StartAsync(folder: _folder["redis"]);
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var silo = OneShotProcess.Start(["serve", .. cluster]);
        await silo.ReadyAsync();

        var list = (await OneShotProcess.RunAsync(["jobs", "list", "--format", "json", .. cluster])).Expect(0).Document;
        EarlierData.AssertListed(list, (Finished, ["succeeded"]), (Interrupted, ["training", "queued", "preparing", "sampling", "publishing", "succeeded"]));

        (await OneShotProcess.RunAsync(["jobs", "download", Finished, "--out", _folder["first"], .. cluster])).Expect(0);
        await EarlierData.AssertWholeAsync(_folder["first"]);
        Assert.True(File.Exists(Path.Combine(_folder["first"], "cat.safetensors")));

        var watched = (await OneShotProcess.RunAsync(["jobs", "watch", Interrupted, "--format", "json", .. cluster])).Expect(0).Lines;
        Assert.Equal(Enumerable.Range(1, watched.Count), watched.Select(item => (int)item["seq"]!));
        Assert.Equal(21, watched.Where(item => item["losses"] is not null && (int)item["epoch"]! == 2).Min(item => (int)item["step"]!));
        (await OneShotProcess.RunAsync(["jobs", "download", Interrupted, "--out", _folder["second"], .. cluster])).Expect(0);
        await EarlierData.AssertWholeAsync(_folder["second"]);

        // The same request elsewhere; its model's name is another one there, made of another path.
        (
            await OneShotProcess.RunAsync(
                "implant",
                "--image",
                Repository.Sample("rabbit.png"),
                "--mask",
                Repository.Sample("rabbit-mask.png"),
                "--class",
                "rabbit",
                "--token",
                "<rabbit>",
                "--model",
                "sd15-tiny-7b34726b",
                "--resolution",
                "64",
                "--steps",
                "60",
                "--seed",
                "6",
                "--precision",
                "fp32",
                // What versions of then wrote into requests that said nothing of it.
                "--mask-normalisation",
                "mean",
                "--prompt",
                "a photo of <rabbit>",
                "--samples",
                "0",
                "--data",
                Fresh(),
                "--out",
                _folder["reference"]
            )
        ).Expect(0);
        await EarlierData.AssertSameAsync(_folder["reference"], _folder["second"]);
        await silo.TerminateAsync();
        (await silo.EndAsync()).Expect(0);
    }

    public void Dispose() => _folder.Dispose();

    private string Fresh()
    {
        Directory.CreateDirectory(_folder["fresh"]);
        File.Copy(Path.Combine(_folder.Data, "models.json"), Path.Combine(_folder["fresh"], "models.json"));
        return _folder["fresh"];
    }
}
