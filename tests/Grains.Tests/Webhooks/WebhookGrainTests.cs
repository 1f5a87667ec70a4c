using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Grains.Tests.Webhooks;

/// <summary>How messages reach receivers that are there, away, slow or gone.</summary>
public sealed class WebhookGrainTests : IAsyncLifetime
{
    private readonly WebhookWorld _world = new();

    private WebhookReceiver Receiver => _world.Receiver;

    public async ValueTask InitializeAsync() => await _world.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Ended_Job_ArrivesOnceAndSigned()
    {
        var webhook = await _world.AddAsync();
        Assert.Equal(1, await _world.EndAsync("j1"));
        var message = await Receiver.NextAsync();

        Assert.True(await message.IsSignedAsync(webhook.Secret));
        Assert.Equal(
            ("implantation.succeeded", "j1", "succeeded"),
            ((string?)message.Json["type"], (string?)message.Json["data"]!["id"], (string?)message.Json["data"]!["state"])
        );
        var told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Status == WebhookDeliveryStatus.Delivered);
        Assert.Equal((message.Id, 1, 204, null, null), (told.Id, told.Attempts, told.ResponseStatus, told.Reason, told.NextAttempt));

        // A notice that comes again is no second message.
        Assert.Equal(1, await _world.EndAsync("j1"));
        Assert.Equal(1, await _world.EndAsync("j2"));
        Assert.Equal("j2", (string?)(await Receiver.NextAsync()).Json["data"]!["id"]);
        Assert.Equal(2, Receiver.All.Count);
    }

    [Fact]
    public async Task Ended_ReceiverFailsTwice_IsTriedAgainWithTheSameMessage()
    {
        var webhook = await _world.AddAsync();
        Receiver.AnswerWith(500);
        await _world.EndAsync("j1");
        var first = await Receiver.NextAsync();
        var told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Attempts == 1);
        Assert.Equal((WebhookDeliveryStatus.Pending, 500, "The receiver answered 500."), (told.Status, told.ResponseStatus, told.Reason));
        Assert.InRange(told.NextAttempt!.Value - _world.Clock.GetUtcNow(), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));

        _world.Clock.Advance(TimeSpan.FromSeconds(6));
        var second = await Receiver.NextAsync();
        told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Attempts == 2);
        Assert.InRange(told.NextAttempt!.Value - _world.Clock.GetUtcNow(), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(33));
        Receiver.Answer = null;
        _world.Clock.Advance(TimeSpan.FromSeconds(33));
        var third = await Receiver.NextAsync();
        told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Status == WebhookDeliveryStatus.Delivered);

        Assert.Equal((3, null), (told.Attempts, told.Reason));
        Assert.Equal([first.Id, first.Id], [second.Id, third.Id]);
        Assert.Equal(first.Body, third.Body);
        // Each try says when it was made, so that receivers can refuse old ones.
        Assert.Equal(TimeSpan.FromSeconds(39), third.Sent - first.Sent);
        Assert.True(await third.IsSignedAsync(webhook.Secret));
        Assert.Equal(3, Receiver.All.Count);
    }

    [Fact]
    public async Task Ended_RetryAfter_IsHonoured()
    {
        var webhook = await _world.AddAsync();
        Receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        };
        await _world.EndAsync("j1");
        var told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Attempts == 1);
        Assert.Equal(TimeSpan.FromHours(1), told.NextAttempt - _world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Ended_ReceiverIsGone_IsTheLast()
    {
        var webhook = await _world.AddAsync();
        Receiver.AnswerWith(410);
        await _world.EndAsync("j1");
        var told = await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Status != WebhookDeliveryStatus.Pending);
        Assert.Equal((WebhookDeliveryStatus.Failed, 410, null), (told.Status, told.ResponseStatus, told.NextAttempt));
        Assert.Equal(_world.Clock.GetUtcNow(), (await _world.Ann.Get(webhook.Webhook.Id)).Disabled);

        Receiver.Answer = null;
        await _world.EndAsync("j2");
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await using var other = await WebhookReceiver.StartAsync();
        await _world.AddAsync(other);
        await _world.EndAsync("j3");
        await other.NextAsync();
        Assert.Single(Receiver.All);
        Assert.Single((await _world.Ann.Get(webhook.Webhook.Id)).Deliveries!.Value);
    }

    [Fact]
    public async Task Ended_OneReceiverIsSlow_OthersHearAtOnce()
    {
        await using var slow = await WebhookReceiver.StartAsync();
        var gate = new Gate();
        slow.Answer = (_, _) => gate.PassAsync();
        var webhook = await _world.AddAsync(slow);
        await _world.AddAsync();
        string[] jobs = ["j1", "j2", "j3", "j4", "j5"];
        foreach (var job in jobs)
        {
            await _world.EndAsync(job);
        }

        await gate.Reached;
        List<string?> heard = [];
        foreach (var _ in jobs)
        {
            heard.Add((string?)(await Receiver.NextAsync()).Json["data"]!["id"]);
        }
        Assert.Equal(jobs, heard.Order());
        // Its grain answers meanwhile.
        Assert.Equal(5, (await _world.Ann.Get(webhook.Webhook.Id)).Deliveries!.Value.Length);
        await slow.NextAsync();
        await slow.NextAsync();
        Assert.Equal(2, slow.All.Count);
        gate.Open();
        foreach (var _ in jobs.Skip(2))
        {
            await slow.NextAsync();
        }
    }

    [Fact]
    public async Task Ended_OtherEventsAndEarlierJobs_AreNotTold()
    {
        await _world.AddAsync(null, WebhookEvents.Failed, WebhookEvents.Cancelled);
        Assert.Equal(0, await _world.EndAsync("j1"));
        Assert.Equal(
            0,
            await _world.Ann.Ended(WebhookWorld.Job("j2", "ann", _world.Clock.GetUtcNow().AddSeconds(-1)) with { State = Documents.Jobs.JobState.Failed })
        );
        Assert.Equal(1, await _world.Ann.Ended(WebhookWorld.Job("j3", "ann", _world.Clock.GetUtcNow()) with { State = Documents.Jobs.JobState.Failed }));
        Assert.Equal("implantation.failed", (string?)(await Receiver.NextAsync()).Json["type"]);
    }

    [Fact]
    public async Task Remove_WhatWaits_GoesWithIt()
    {
        var webhook = await _world.AddAsync();
        Receiver.AnswerWith(500);
        await _world.EndAsync("j1");
        await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Attempts == 1);
        await _world.Ann.Remove(webhook.Webhook.Id);
        Receiver.Answer = null;
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await _world.AddAsync();
        await _world.EndAsync("j2");
        await Receiver.NextAsync();
        Assert.Equal("j2", (string?)(await Receiver.NextAsync()).Json["data"]!["id"]);
        Assert.Equal(2, Receiver.All.Count);
    }

    [Fact]
    public async Task SiloDies_WhileAMessageWaits_ItsReminderDeliversIt()
    {
        var webhook = await _world.AddAsync();
        Receiver.AnswerWith(503);
        await _world.EndAsync("j1");
        await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Attempts == 1);
        var first = await Receiver.NextAsync();
        await _world.World.KillAsync();
        Receiver.Answer = null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        // Nobody calls the webhook.
        await _world.StartAsync();
        var second = await Receiver.NextAsync();
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(first.Body, second.Body);
        await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery is { Status: WebhookDeliveryStatus.Delivered, Attempts: 2 });
    }

    [Fact]
    public async Task Delivered_CanNotBeStored_IsSentAgainWithTheSameId()
    {
        var webhook = await _world.AddAsync();
        var written = 0;
        _world.World.BeforeStateWrite = row =>
            row.StartsWith("webhook ", StringComparison.Ordinal) && Interlocked.Increment(ref written) == 2
                ? throw new IOException("The database is away.")
                : Task.CompletedTask;
        await _world.EndAsync("j1");
        Assert.Equal((await Receiver.NextAsync()).Id, (await Receiver.NextAsync()).Id);
        await _world.WhenAsync(webhook.Webhook.Id, delivery => delivery.Status == WebhookDeliveryStatus.Delivered);
    }
}
