using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>Files of the data folder that change at rest.</summary>
public sealed class DamageTests(UninterruptedRun reference) : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("flipped", "", " is damaged (its bytes are not those that were stored); the job went on from the one of step ")]
    [InlineData("missing", "", " is not in the store any more; the job went on from the one of step ")]
    [InlineData("flipped", "flipped", " is damaged (its bytes are not those that were stored); the job began again from the start, to the same result.")]
    public async Task Watch_CheckpointsSpoiltWhileInterrupted_PublishesWhatAnUndisturbedRunDoes(string newest, string before, string warning)
    {
        var id = await InterruptAsync(step: 12);
        var checkpoints = Directory
            .GetFiles(Path.Combine(_folder.Job(id), "epochs"), "checkpoint-*.safetensors", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.Equal(2, checkpoints.Count);
        Spoil(checkpoints[1], newest);
        Spoil(checkpoints[0], before);

        var watch = (await OneShotProcess.RunAsync("jobs", "watch", id, "--data", _folder.Data)).Expect(0);

        await reference.AssertSameFilesAsync(Path.Combine(_folder.Job(id), "result"));
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Job(id), "manifest.json"), TestContext.Current.CancellationToken))!;
        Assert.Contains(manifest["warnings"]!.AsArray(), text => ((string)text!).Contains(warning, StringComparison.Ordinal));
        Assert.Contains(warning, watch.Error, StringComparison.Ordinal);
        Assert.Contains(
            "\"message\":\"The checkpoint of step ",
            await File.ReadAllTextAsync(Path.Combine(_folder.Job(id), "epochs", "2", "progress.jsonl"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("cat-mask.png", "flipped", "The mask of <cat> was damaged or replaced in the store after its upload")]
    [InlineData("cat-mask.png", "replaced", "The mask of <cat> was damaged or replaced in the store after its upload")]
    [InlineData("cat.png", "missing", "The photo is not in the store any more.")]
    public async Task Watch_InputSpoiltWhileTheJobWaits_FailsInWordsAndTheSameCommandAgainSucceeds(string sample, string how, string message)
    {
        var id = await InterruptAsync(step: 1);
        var hash = TestFolder.Hash(Path.GetDirectoryName(Repository.Sample(sample))!)[sample];
        var blob = Path.Combine(_folder.Data, "blobs", "sha256", hash);
        Assert.True(File.Exists(blob));
        if (how == "replaced")
        {
            // A mask as good as any, of another shape.
            File.Copy(Repository.Sample("scene-fox-ball-fox-mask.png"), blob, overwrite: true);
        }
        else
        {
            Spoil(blob, how);
        }

        var failed = (await OneShotProcess.RunAsync("jobs", "watch", id, "--data", _folder.Data)).Expect(2);

        Assert.Contains(message, failed.Error, StringComparison.Ordinal);
        Assert.Contains("Upload it again", failed.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.Job(id), "manifest.json")));
        Assert.False(Path.Exists(Path.Combine(_folder.Job(id), "result")));
        var show = (await OneShotProcess.RunAsync("jobs", "show", id, "--data", _folder.Data, "--format", "json")).Expect(0).Document;
        Assert.Equal("Failed", (string?)show["state"], ignoreCase: true);

        (await OneShotProcess.RunAsync(ImplantArguments.Create(_folder))).Expect(0);

        await reference.AssertSameFilesAsync(_folder.Out);
    }

    [Fact]
    public async Task Result_FlippedByte_IsNeitherDownloadedNorDrawnWith()
    {
        var run = (await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder, steps: 2), "--format", "json"])).Expect(0).Document;
        var id = (string)run["id"]!;
        Spoil(Path.Combine(_folder.Out, "cat.safetensors"), "flipped");
        string[] draw =
        [
            "generate",
            "--prompt",
            "a <cat>",
            "--model",
            Repository.TinyModel,
            "--steps",
            "2",
            "--width",
            "64",
            "--height",
            "64",
            "--precision",
            "fp32",
            "--data",
            _folder.Data,
        ];

        var refused = (await OneShotProcess.RunAsync([.. draw, "--implantation", _folder.Out, "--out", _folder["drawn"]])).Expect(2);

        Assert.Contains($"{Path.Combine(_folder.Out, "cat.safetensors")} was damaged or replaced", refused.Error, StringComparison.Ordinal);
        (await OneShotProcess.RunAsync([.. draw, "--implantation", id, "--out", _folder["drawn"]])).Expect(0);

        // Whichever of its two names is written to, they are one file.
        Spoil(Path.Combine(_folder.Job(id), "epochs", "1", "result", "cat.safetensors"), "flipped");
        (await OneShotProcess.RunAsync([.. draw, "--implantation", id, "--out", _folder["again"]])).Expect(2);
        var download = (await OneShotProcess.RunAsync("jobs", "download", id, "--out", _folder["copy"], "--data", _folder.Data)).Expect(1);
        Assert.Contains("cat.safetensors is damaged", download.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder["copy"]));

        // The manifest as well: the job knows its hash.
        var manifest = Path.Combine(_folder.Job(id), "manifest.json");
        await File.WriteAllTextAsync(
            manifest,
            (await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken)).Replace("\"seed\": 7", "\"seed\": 8", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        Assert.Contains(
            "manifest.json is damaged",
            (await OneShotProcess.RunAsync("jobs", "download", id, "--out", _folder["copy"], "--data", _folder.Data)).Expect(1).Error,
            StringComparison.Ordinal
        );
    }

    public void Dispose() => _folder.Dispose();

    private static void Spoil(string file, string how)
    {
        switch (how)
        {
            case "flipped":
                // Near the end lie weights, or the picture's last rows: it can still be read.
                var bytes = File.ReadAllBytes(file);
                bytes[^(bytes.Length / 4)] ^= 1;
                File.WriteAllBytes(file, bytes);
                break;
            case "missing":
                File.Delete(file);
                break;
        }
    }

    /// <summary>Starts the job of all tests here, and stops it with Ctrl-C when that step is done.</summary>
    private async Task<string> InterruptAsync(int step)
    {
        await using var process = OneShotProcess.Start(ImplantArguments.Create(_folder.Data));
        var id = ImplantArguments.JobId(await process.SaysAsync(ImplantArguments.NamesJob));
        await process.TrainsAsync(step);
        await process.InterruptAsync();
        (await process.EndAsync()).Expect(130);
        return id;
    }
}
