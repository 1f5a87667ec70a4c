using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>What the command line takes as a page is what the cluster gives as one.</summary>
public sealed class ListLimitTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task List_LargestPage_Lists()
    {
        var run = await ListAsync(JobQuery.MaxPageSize);

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Empty(run.Document["jobs"]!.AsArray());
    }

    [Fact]
    public async Task List_PageBeyondTheLargest_NamesTheOptionThatWasTyped()
    {
        var run = await ListAsync(JobQuery.MaxPageSize + 1);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("limit", (string?)run.Document["error"]!["field"]);
        Assert.Contains("--limit must be a whole number from 1 to 500, but is '501'.", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliRun> ListAsync(int limit) => CliRun.RunAsync("jobs", "list", "--limit", $"{limit}", "--data", _folder["data"], "--format", "json");
}
