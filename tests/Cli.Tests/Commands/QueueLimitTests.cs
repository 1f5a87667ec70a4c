using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>A submission to a queue that holds as many of the owner's jobs as it takes.</summary>
public sealed class QueueLimitTests : IDisposable
{
    private const int Most = 1000;
    private const int AtOnce = 128;

    // Who submits without saying who.
    private static readonly string s_owner = new ImplantationRequest
    {
        Name = "",
        Image = "",
        Objects = [],
        Model = new ModelReference { Name = "" },
    }.Owner;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_QueueOfTheOwnerIsFull_EndsWith1AndSaysWhenToTryAgain()
    {
        // A silo without slots, which other processes take for one that trains: what is submitted waits.
        var data = DataFolder.Resolve(_folder["data"]);
        using var held = OwnerLock.TryAcquire(data)!;
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = data }, TestContext.Current.CancellationToken);
        held.Publish(silo.GatewayPort, silo.ClusterId, trains: true);
        var queue = silo.Grains.GetGrain<ISchedulerGrain>(0);
        await Parallel.ForAsync(
            0,
            Most,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (job, _) =>
                await queue.Enqueue(new QueueEntry(string.Create(CultureInfo.InvariantCulture, $"20260101-000000-{job:x8}"), s_owner, 0, DateTimeOffset.UtcNow))
        );

        var run = await CliRun.RunAsync(
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--data",
            data.Root,
            "--out",
            _folder["out"],
            "--format",
            "json"
        );

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        var error = run.Document["error"]!;
        Assert.Equal(("limit", "owner"), ((string?)error["code"], (string?)error["field"]));
        Assert.Matches(@"^\S+ has 1000 jobs in the queue, the most for an owner; try again in \d+ s\.$", (string?)error["message"]);
        Assert.Contains((string)error["message"]!, run.Error, StringComparison.Ordinal);
        Assert.Equal("Wait for jobs to start, or cancel some.", (string?)error["hint"]);
        Assert.False(Path.Exists(_folder["out"]));
    }

    public void Dispose() => _folder.Dispose();
}
