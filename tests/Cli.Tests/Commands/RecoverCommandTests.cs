using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>Jobs whose database is lost, from the command line, in this process.</summary>
public sealed class RecoverCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Recover_DatabaseLost_ListsShowsDownloadsAndDeletesTheJobAgain()
    {
        var id = await ImplantAsync();
        var shown = (await JobsAsync("show", id)).Document;
        LoseDatabase();
        Directory.CreateDirectory(Path.Combine(_folder["data"], "jobs", "20260101-000000-00000000", "epochs", "1"));
        await File.WriteAllTextAsync(Path.Combine(_folder["data"], "jobs", "20260101-000000-00000000", "epochs", "1", "progress.jsonl"), "");
        Assert.Empty((await JobsAsync("list")).Document["jobs"]!.AsArray());
        Assert.Contains(
            $"No jobs are listed, but {_folder["data"]} holds files of some: of a cluster that shares the folder, or of a list that was lost. Finished ones "
                + $"are listed again by: oneshot jobs recover --data {_folder["data"]}",
            (await CliRun.RunAsync("jobs", "list", "--data", _folder["data"])).Error,
            StringComparison.Ordinal
        );

        var dry = await JobsAsync("recover", "--dry-run");
        Assert.Equal(["dry_run", "recovered", "known", "unfinished", "failed", "lost"], dry.Document.AsObject().Select(pair => pair.Key));
        Assert.Equal([id], dry.Document["recovered"]!.AsArray().Select(item => (string?)item));
        Assert.Equal(["20260101-000000-00000000"], dry.Document["unfinished"]!.AsArray().Select(item => (string?)item));
        Assert.Empty((await JobsAsync("list")).Document["jobs"]!.AsArray());

        var run = await CliRun.RunAsync("jobs", "recover", "--data", _folder["data"]);
        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Equal(id, run.Output.TrimEnd());
        Assert.Contains("1 job recovered, 0 known already, 0 damaged.", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 job had no result yet, and what was asked for is lost; submit anew: 20260101-000000-00000000.", run.Error, StringComparison.Ordinal);

        Assert.Equal(id, (string?)Assert.Single((await JobsAsync("list")).Document["jobs"]!.AsArray())!["id"]);
        var again = (await JobsAsync("show", id)).Document;
        Assert.Equal(Without(shown, "seconds", "finished"), Without(again, "seconds", "finished"));
        // A recovered job ended when its manifest was written; a moment later the job itself knew.
        Assert.Equal((DateTimeOffset)shown["finished"]!, (DateTimeOffset)again["finished"]!, TimeSpan.FromMinutes(1));
        Assert.Equal((double)shown["seconds"]!, (double)again["seconds"]!, 0.01);
        var copy = await JobsAsync("download", id, "--out", _folder["copy"]);
        Assert.Equal(ExitCode.Done, copy.ExitCode);
        Assert.Equal(1, (int)(await JobsAsync("recover")).Document["known"]!);
        Assert.Equal(ExitCode.Done, (await JobsAsync("delete", id)).ExitCode);
        Assert.Empty((await JobsAsync("recover")).Document["recovered"]!.AsArray());
    }

    [Fact]
    public async Task Recover_DamagedResult_SaysWhichAndFails()
    {
        var id = await ImplantAsync();
        LoseDatabase();
        var path = Path.Combine(_folder["data"], "jobs", id, "epochs", "1", "result", "metrics.json");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[5] ^= 4;
        await File.WriteAllBytesAsync(path, bytes);

        var run = await CliRun.RunAsync("jobs", "recover", "--data", _folder["data"]);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains(
            $"Job {id} can't be recovered: jobs/{id}/epochs/1/result/metrics.json is damaged: expected {bytes.Length} bytes with SHA-256 ",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("0 jobs recovered, 0 known already, 1 damaged.", run.Error, StringComparison.Ordinal);
        Assert.Empty((await JobsAsync("list")).Document["jobs"]!.AsArray());
    }

    public void Dispose() => _folder.Dispose();

    private static string Without(JsonNode document, params string[] fields)
    {
        var copy = document.DeepClone().AsObject();
        foreach (var field in fields)
        {
            copy.Remove(field);
        }

        return copy.ToJsonString();
    }

    private async Task<string> ImplantAsync() =>
        (string)
            (
                await CliRun.RunAsync(
                    "implant",
                    "--image",
                    Repository.Sample("cat.png"),
                    "--mask",
                    Repository.Sample("cat-mask.png"),
                    "--class",
                    "cat",
                    "--steps",
                    "2",
                    "--samples",
                    "0",
                    "--seed",
                    "3",
                    "--data",
                    _folder["data"],
                    "--format",
                    "json"
                )
            ).Document["id"]!;

    private Task<CliRun> JobsAsync(string verb, params string[] arguments) =>
        CliRun.RunAsync(["jobs", verb, .. arguments, "--data", _folder["data"], "--format", "json"]);

    private void LoseDatabase()
    {
        // This process keeps it open.
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_folder["data"], "oneshot.db*"))
        {
            File.Delete(file);
        }
    }
}
