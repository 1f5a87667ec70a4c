using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Implantation;

/// <summary><c>oneshot implant</c> from files to files.</summary>
public sealed class ImplantTests(UninterruptedRun reference) : IDisposable
{
    private static readonly string[] s_fields =
    [
        "id",
        "state",
        "out",
        "seconds",
        "steps",
        "epoch",
        "files",
        "metrics",
        "warnings",
        "created",
        "started",
        "finished",
        "estimated_finish",
        "queue_position",
        "waiting_reason",
        "owner",
        "priority",
        "metadata",
    ];

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_TwiceInTwoDataFolders_MakesTheSameFiles()
    {
        (await OneShotProcess.RunAsync(ImplantArguments.Create(_folder))).Expect(0);

        await reference.AssertSameFilesAsync(_folder.Out);
    }

    [Fact]
    public async Task Implant_AsJson_WritesOneDocumentThatTellsTheTruth()
    {
        var folder = await reference.FolderAsync();
        var run = await reference.EndedAsync();

        Assert.Single(run.Output.TrimEnd('\n').Split('\n'));
        var job = run.Document;
        Assert.Equal(s_fields, job.Select(pair => pair.Key));
        Assert.Equal("Succeeded", (string?)job["state"], ignoreCase: true);
        Assert.Equal(folder.Out, (string?)job["out"]);
        Assert.Equal(ImplantArguments.Steps, (int?)job["steps"]);
        Assert.Equal(1, (int?)job["epoch"]);
        Assert.True((double?)job["seconds"] > 0);
        Assert.Empty(job["warnings"]!.AsArray());

        var metrics = job["metrics"]!.AsObject();
        Assert.Equal(["ia", "ta", "prototype_similarity", "objects"], metrics.Select(pair => pair.Key));
        var item = Assert.Single(metrics["objects"]!.AsArray())!.AsObject();
        Assert.Equal(["token", "class", "ia_object", "prototype_similarity", "ia_compared", "ia_class"], item.Select(pair => pair.Key));
        Assert.Equal("<cat>", (string?)item["token"]);
        Assert.All(["ia", "ta", "prototype_similarity"], name => Assert.InRange((double)metrics[name]!, -1, 1));

        AssertFiles(job["files"]!.AsArray(), folder.Out);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Out, "manifest.json")))!;
        AssertFiles(manifest["files"]!.AsArray(), folder.Out);
        Assert.Equal((string?)job["id"], (string?)manifest["id"]);
        Assert.True(JsonNode.DeepEquals(metrics, manifest["metrics"]), "The manifest has other metrics than the document.");
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertFiles(JsonArray listed, string folder)
    {
        var hashes = TestFolder.Hash(folder);
        hashes.Remove("manifest.json");
        Assert.Equal(hashes, listed.ToDictionary(file => (string)file!["path"]!, file => (string)file!["sha256"]!));
        Assert.All(listed, file => Assert.Equal(new FileInfo(Path.Combine(folder, (string)file!["path"]!)).Length, (long)file["bytes"]!));
    }
}
