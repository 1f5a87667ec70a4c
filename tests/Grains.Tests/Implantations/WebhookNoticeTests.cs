using System.Collections.Concurrent;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Webhooks;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>Jobs tell their owner's webhooks that they have ended, whatever happens in between.</summary>
public sealed class WebhookNoticeTests : IAsyncLifetime
{
    private readonly WebhookWorld _webhooks = new();
    private readonly ConcurrentQueue<string> _writes = new();

    private TestWorld World => _webhooks.World;

    public ValueTask InitializeAsync()
    {
        World.BeforeStateWrite = row =>
        {
            _writes.Enqueue(row);
            return Task.CompletedTask;
        };
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _webhooks.DisposeAsync();

    [Fact]
    public async Task Job_Ends_IsToldWithItsNameAndTimes()
    {
        await _webhooks.StartAsync(slots: 1);
        await _webhooks.AddAsync();
        await World.Job("j1").Submit(TestWorld.Request() with { Metadata = new Dictionary<string, string> { ["run"] = "7" } });
        var status = await World.EndOfAsync("j1");

        var data = (await _webhooks.Receiver.NextAsync()).Json["data"]!;
        Assert.Equal(
            ("j1", "succeeded", "ann", "my-cat", "7", status.Created, status.Finished),
            (
                (string?)data["id"],
                (string?)data["state"],
                (string?)data["owner"],
                (string?)data["name"],
                (string?)data["metadata"]!["run"],
                (DateTimeOffset?)data["created"],
                (DateTimeOffset?)data["finished"]
            )
        );
        Assert.Null(data["error"]);
        await World.WhenAsync(async () => (await World.StateAsync("j1")).WebhooksTold, () => Task.FromResult("a job that has not told"));
        // Asked again for an ended job, nothing is told again.
        await World.Job("j1").Cancel();
        Assert.Single(_webhooks.Receiver.All);
    }

    [Fact]
    public async Task Job_CancelledInTheQueue_IsTold()
    {
        await _webhooks.StartAsync();
        await _webhooks.AddAsync();
        await World.Job("j1").Submit(TestWorld.Request());
        await World.Job("j1").Cancel();
        Assert.Equal("implantation.cancelled", (string?)(await _webhooks.Receiver.NextAsync()).Json["type"]);
    }

    [Fact]
    public async Task Job_OwnerWithoutWebhooks_CostsNoWrite()
    {
        await _webhooks.StartAsync();
        await _webhooks.AddAsync();
        await World.Job("j1").Submit(TestWorld.Request(owner: "bob"));
        _writes.Clear();
        await World.Job("j1").Cancel();
        Assert.Single(_writes, row => row.StartsWith("job ", StringComparison.Ordinal));
        Assert.DoesNotContain(_writes, row => row.StartsWith("webhook", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Job_SiloDiesBeforeItHasTold_IsToldByTheNext()
    {
        await _webhooks.StartAsync();
        await _webhooks.AddAsync();
        await World.Job("j1").Submit(TestWorld.Request());
        World.BeforeStateWrite = row =>
            row.StartsWith("webhook ", StringComparison.Ordinal) ? throw new IOException("The database is away.") : Task.CompletedTask;
        // The end itself is known, and the slot would be free.
        Assert.Equal(JobState.Cancelled, (await World.Job("j1").Cancel()).State);
        Assert.Equal(JobState.Queued, Assert.Single((await World.Catalog.List(new JobQuery())).Jobs).State);
        Assert.Empty((await World.Scheduler.GetSnapshot()).Queue);
        await World.KillAsync();
        World.BeforeStateWrite = null;

        await _webhooks.StartAsync(resume: true);
        Assert.Equal("j1", (string?)(await _webhooks.Receiver.NextAsync()).Json["data"]!["id"]);
        await World.WhenAsync(
            async () => Assert.Single((await World.Catalog.List(new JobQuery())).Jobs).State == JobState.Cancelled,
            () => Task.FromResult("a list that has not heard of the end")
        );
        Assert.Single(_webhooks.Receiver.All);
    }
}
