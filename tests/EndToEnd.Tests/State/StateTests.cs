using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.State;

/// <summary>A data folder of November 2026.</summary>
public sealed class StateTests : IDisposable
{
    private const string Finished = "20261127-070945-b1cd2ee0";
    private const string Interrupted = "20261127-070956-d2aa3be6";

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task DataFolderOf202611_IsListedDownloadedAndFinished()
    {
        await EarlierData.UnpackAsync("state-2026-11.tar.gz", _folder.Root);

        var list = (await OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data, "--format", "json")).Expect(0).Document;
        EarlierData.AssertListed(list, (Finished, ["succeeded"]), (Interrupted, ["training", "queued"]));

        (await OneShotProcess.RunAsync("jobs", "download", Finished, "--data", _folder.Data, "--out", _folder["first"])).Expect(0);
        await EarlierData.AssertWholeAsync(_folder["first"]);
        Assert.True(File.Exists(Path.Combine(_folder["first"], "cat.safetensors")));

        var watched = (await OneShotProcess.RunAsync("jobs", "watch", Interrupted, "--data", _folder.Data, "--format", "json")).Expect(0).Lines;
        Assert.Equal(Enumerable.Range(1, watched.Count), watched.Select(item => (int)item["seq"]!));

        // It goes on from its checkpoint, and does not begin again.
        Assert.Equal(31, watched.Where(item => item["losses"] is not null && (int)item["epoch"]! == 2).Min(item => (int)item["step"]!));
        (await OneShotProcess.RunAsync("jobs", "download", Interrupted, "--data", _folder.Data, "--out", _folder["second"])).Expect(0);
        await EarlierData.AssertWholeAsync(_folder["second"]);

        (
            await OneShotProcess.RunAsync(
                "implant",
                "--image",
                Repository.Sample("rabbit.png"),
                "--mask",
                Repository.Sample("rabbit-mask.png"),
                "--class",
                "rabbit",
                "--steps",
                "100",
                "--seed",
                "6",
                // What versions of then wrote into requests that said nothing of it.
                "--mask-normalisation",
                "mean",
                // What the model's defaults have said since.
                "--min-snr-gamma",
                "0",
                "--prompt",
                "a <rabbit> on the beach",
                "--samples",
                "1",
                "--data",
                _folder["fresh"],
                "--out",
                _folder["reference"]
            )
        ).Expect(0);
        await EarlierData.AssertSameAsync(_folder["reference"], _folder["second"], "min_snr_gamma");
    }

    [Fact]
    public async Task DamagedDatabase_IsToldByName_MovedAsideOnRequest_AndItsFinishedJobsAreListedAgain()
    {
        await EarlierData.UnpackAsync("state-2026-11.tar.gz", _folder.Root);
        var database = Path.Combine(_folder.Data, "oneshot.db");
        var bytes = await File.ReadAllBytesAsync(database, TestContext.Current.CancellationToken);
        bytes = bytes[..(bytes.Length / 2)];
        await File.WriteAllBytesAsync(database, bytes, TestContext.Current.CancellationToken);

        foreach (var command in new[] { "list", "show", "watch" })
        {
            var refused = (await OneShotProcess.RunAsync(["jobs", command, .. command == "list" ? (string[])[] : [Finished], "--data", _folder.Data])).Expect(
                1
            );
            Assert.StartsWith($"The database {database} is damaged (", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"oneshot jobs recover --move-damaged --data {_folder.Data} ", refused.Error, StringComparison.Ordinal);
            Assert.Equal(2, refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        }

        var recovered = (await OneShotProcess.RunAsync("jobs", "recover", "--move-damaged", "--data", _folder.Data)).Expect(0);

        Assert.Equal(Finished, recovered.Output.Trim());
        var aside = Assert.Single(
            Directory.EnumerateFiles(_folder.Data, "oneshot.db.damaged-*"),
            file => !file.EndsWith("-wal", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal)
        );
        Assert.Contains($"The damaged database is kept as {aside}.", recovered.Error, StringComparison.Ordinal);
        Assert.Contains($"1 job had no result yet, and what was asked for is lost; submit anew: {Interrupted}.", recovered.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(aside, TestContext.Current.CancellationToken));
        (await OneShotProcess.RunAsync("jobs", "download", Finished, "--data", _folder.Data, "--out", _folder["first"])).Expect(0);
        await EarlierData.AssertWholeAsync(_folder["first"]);
        var again = (await OneShotProcess.RunAsync("jobs", "recover", "--move-damaged", "--data", _folder.Data)).Expect(0);
        Assert.StartsWith("The database is sound; it stays.", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LostDatabase_ListSaysThatTheFolderHoldsJobs()
    {
        await EarlierData.UnpackAsync("state-2026-11.tar.gz", _folder.Root);
        foreach (var file in Directory.EnumerateFiles(_folder.Data, "oneshot.db*"))
        {
            File.Move(file, _folder[Path.GetFileName(file)]);
        }

        var list = (await OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data)).Expect(0);

        Assert.StartsWith($"No jobs are listed, but {_folder.Data} holds files of some", list.Error, StringComparison.Ordinal);
        Assert.Contains($"oneshot jobs recover --data {_folder.Data}", list.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
