using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Tests.Support;

/// <summary><c>oneshot serve --urls</c> in this process, with a key.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private const string Serves = "Serves HTTP at ";

    private readonly CancellationTokenSource _stop;
    private readonly Task<CliRun> _run;

    private RunningServer(Task<CliRun> run, CancellationTokenSource stop, string url, string keyFile) =>
        (_run, _stop, Url, KeyFile) = (run, stop, url, keyFile);

    public string Url { get; }

    /// <summary>Holds a key that may do all with jobs.</summary>
    public string KeyFile { get; }

    /// <summary>The options that mean the server.</summary>
    public string[] Options => ["--server", Url, "--key-file", KeyFile];

    public static async Task<RunningServer> StartAsync(TestFolder folder)
    {
        var data = folder["server-data"];
        var key = await CliRun.RunAsync("keys", "add", "tester", "--data", data, "--scopes", "jobs:read", "jobs:write", "cluster:read", "admin");
        Assert.Equal(ExitCode.Done, key.ExitCode);
        var stop = new CancellationTokenSource();
        var url = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = CliRun.RunAsync(
            ["serve", "--urls", "http://127.0.0.1:0", "--data", data],
            stop.Token,
            line =>
            {
                if (line.StartsWith(Serves, StringComparison.Ordinal))
                {
                    url.TrySetResult(line[Serves.Length..].TrimEnd('.'));
                }
            }
        );
        if (await Task.WhenAny(url.Task, run) == run)
        {
            Assert.Fail((await run).Error);
        }

        return new RunningServer(run, stop, await url.Task, folder.Write("key", System.Text.Encoding.UTF8.GetBytes(key.Output)));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }
}
