using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Webhooks;

/// <summary>How webhooks are made, seen and ended.</summary>
public sealed class OwnerWebhooksGrainTests : IAsyncLifetime
{
    private readonly TestWorld _world = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly LogRecorder _log = new();

    private IOwnerWebhooksGrain Ann => Of("ann");

    public async ValueTask InitializeAsync() =>
        await _world.StartAsync(
            slots: 0,
            configure: (_, options) => (options.Clock, options.WebhookAllow) = (_clock, ["10.1.0.0/16", "hooks.internal"]),
            silo: silo => silo.ConfigureLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace))
        );

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Add_Webhook_IsListedWithoutItsSecret()
    {
        var made = await Ann.Add(
            new WebhookRequest
            {
                Url = "https://example.com/hooks?a=1",
                Events = [WebhookEvents.Failed],
                Description = "mine",
            }
        );

        Assert.Matches("^wh_[0-9a-z]{16}$", made.Webhook.Id);
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", made.Secret);
        Assert.Equal(
            ("https://example.com/hooks?a=1", "mine", _clock.GetUtcNow(), null),
            (made.Webhook.Url, made.Webhook.Description, made.Webhook.Created, made.Webhook.Disabled)
        );
        Assert.Equal([WebhookEvents.Failed], made.Webhook.Events);
        Assert.Equivalent(made.Webhook, Assert.Single(await Ann.List()), strict: true);
        Assert.Empty((await Ann.Get(made.Webhook.Id)).Deliveries!.Value);
        var second = await Ann.Add(new WebhookRequest { Url = "https://example.com" });
        Assert.NotEqual(made.Secret, second.Secret);
        Assert.Equal(WebhookEvents.All.AsEnumerable(), second.Webhook.Events.AsEnumerable());
        Assert.Equal([made.Webhook.Id, second.Webhook.Id], (await Ann.List()).Select(webhook => webhook.Id));
    }

    [Fact]
    public async Task Get_SomebodyElses_IsNotThere()
    {
        var id = (await Ann.Add(new WebhookRequest { Url = "https://example.com" })).Webhook.Id;
        var bob = Of("bob");
        Assert.Empty(await bob.List());
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => bob.Get(id)));
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => bob.Remove(id)));
        Assert.Single(await Ann.List());

        await Ann.Remove(id);
        Assert.Empty(await Ann.List());
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => Ann.Get(id)));
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => Ann.Remove(id)));
    }

    [Theory]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::1]:8443/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://localhost/")]
    [InlineData("https://10.2.0.1/")]
    [InlineData("http://example.com/")]
    [InlineData("http://8.8.8.8/")]
    [InlineData("ftp://example.com/")]
    [InlineData("https://user:s3cr3t@example.com/")]
    [InlineData("nonsense")]
    public async Task Add_AddressThatMayNotBeCalled_IsRefusedByField(string url)
    {
        var error = (await Assert.ThrowsAsync<OneShotException>(() => Ann.Add(new WebhookRequest { Url = url }))).Detail;
        Assert.Equal((ErrorCodes.InvalidInput, "url"), (error.Code, error.Field));
        Assert.DoesNotContain("s3cr3t", error.Message, StringComparison.Ordinal);
        Assert.Empty(await Ann.List());
    }

    [Theory]
    [InlineData("http://10.1.2.3:8080/hooks")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("http://hooks.internal/")]
    [InlineData("https://8.8.8.8/")]
    public async Task Add_AddressThatMayBeCalled_IsMade(string url) => Assert.Equal(url, (await Ann.Add(new WebhookRequest { Url = url })).Webhook.Url);

    [Fact]
    public async Task Add_MoreThanAnOwnerMayHave_IsRefused()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, WebhookRules.MostPerOwner + 4).Select(_ => TryAddAsync()));
        Assert.Equal(WebhookRules.MostPerOwner, all.Count(made => made is not null));
        Assert.Equal((ErrorCodes.Limit, null), await ErrorAsync(() => Ann.Add(new WebhookRequest { Url = "https://example.com" })));
        await Of("bob").Add(new WebhookRequest { Url = "https://example.com" });
        await Ann.Remove(all.First(made => made is not null)!.Webhook.Id);
        await Ann.Add(new WebhookRequest { Url = "https://example.com" });
    }

    [Fact]
    public async Task Logs_AtTraceLevel_ShowNeitherSecretsNorPaths()
    {
        var made = await Ann.Add(new WebhookRequest { Url = "https://example.com/services/T000/h1dd3n" });
        await Ann.Get(made.Webhook.Id);
        await Ann.List();
        Assert.Equal($"webhook {made.Webhook.Id}", made.ToString());
        Assert.NotEmpty(_log.Lines);
        Assert.All(
            _log.Lines,
            line => Assert.False(line.Contains(made.Secret[6..], StringComparison.Ordinal) || line.Contains("h1dd3n", StringComparison.Ordinal), line)
        );
    }

    [Fact]
    public async Task Ended_JobOfAnotherOwner_IsRefused()
    {
        await Ann.Add(new WebhookRequest { Url = "https://example.com" });
        Assert.Equal((ErrorCodes.InvalidInput, "id"), await ErrorAsync(() => Ann.Ended(WebhookWorld.Job("j1", "bob", _clock.GetUtcNow()))));
    }

    private IOwnerWebhooksGrain Of(string owner) => _world.Cluster.Client.GetGrain<IOwnerWebhooksGrain>(owner);

    private async Task<NewWebhook?> TryAddAsync()
    {
        try
        {
            return await Ann.Add(new WebhookRequest { Url = "https://example.com" });
        }
        catch (OneShotException)
        {
            return null;
        }
    }

    private static async Task<(string Code, string? Field)> ErrorAsync(Func<Task> call)
    {
        var error = (await Assert.ThrowsAsync<OneShotException>(call)).Detail;
        return (error.Code, error.Field);
    }
}
