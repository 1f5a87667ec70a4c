using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Grains.Tests.Webhooks;

/// <summary>Silos whose webhooks may call this machine, a receiver, and a clock that stands until a test moves it.</summary>
internal sealed class WebhookWorld : IAsyncDisposable
{
    private readonly SharedReminders _reminders = new();

    public TestWorld World { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public WebhookReceiver Receiver { get; private set; } = null!;

    public IOwnerWebhooksGrain Ann => World.Cluster.Client.GetGrain<IOwnerWebhooksGrain>("ann");

    public static WebhookJob Job(string id, string owner, DateTimeOffset now) =>
        new()
        {
            Id = id,
            State = JobState.Succeeded,
            Owner = owner,
            Name = "cat",
            Created = now,
            Finished = now,
        };

    public async Task StartAsync(int slots = 0, bool resume = false)
    {
        Receiver ??= await WebhookReceiver.StartAsync();
        await World.StartAsync(
            slots,
            resume,
            configure: (_, options) =>
            {
                (options.Clock, options.WebhookAllow) = (Clock, ["127.0.0.0/8"]);
                options.BackstopPeriod = TimeSpan.FromMilliseconds(200);
            },
            silo: _reminders.Serve
        );
    }

    /// <summary>Makes a webhook.</summary>
    public Task<NewWebhook> AddAsync(WebhookReceiver? receiver = null, params string[] events) =>
        Ann.Add(
            events.Length == 0
                ? new WebhookRequest { Url = (receiver ?? Receiver).Address.ToString() }
                : new WebhookRequest { Url = (receiver ?? Receiver).Address.ToString(), Events = [.. events] }
        );

    /// <summary>Has a job end.</summary>
    public Task<int> EndAsync(string id) => Ann.Ended(Job(id, "ann", Clock.GetUtcNow()));

    /// <summary>Waits until a webhook's newest delivery fits.</summary>
    public async Task<WebhookDelivery> WhenAsync(string webhook, Func<WebhookDelivery, bool> fits)
    {
        WebhookDelivery? newest = null;
        await World.WhenAsync(
            async () => (newest = (await Ann.Get(webhook)).Deliveries!.Value.FirstOrDefault()) is not null && fits(newest),
            () => Task.FromResult($"{newest}")
        );
        return newest!;
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
