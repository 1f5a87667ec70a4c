using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Webhooks;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Grains.Tests.Webhooks;

/// <summary>Calls to receivers: what they carry, whom they reach, and what becomes of them.</summary>
public sealed class WebhookSenderTests : IAsyncLifetime
{
    private const string Refused = "The receiver's address is not of the Internet, and the operator does not allow it.";

    private static readonly byte[] s_secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] s_body = Encoding.UTF8.GetBytes("""{"type":"implantation.succeeded","data":{"name":"Käthe"}}""");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly FakeResolver _resolver = new();
    private WebhookReceiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task Send_Allowed_ArrivesSigned()
    {
        var outcome = await SendAsync(_receiver.Address, ["127.0.0.1"]);

        Assert.Equal(new SendOutcome(204, null), outcome);
        var message = await _receiver.NextAsync();
        Assert.Equal(("POST", "/hooks", "msg_1", _clock.GetUtcNow()), (message.Method, message.Path, message.Id, message.Sent));
        Assert.Equal(s_body, message.Body);
        Assert.True(await message.IsSignedAsync(WebhookSignature.Tell(s_secret)));
        Assert.False(await message.IsSignedAsync(WebhookSignature.Tell([.. s_secret.Reverse()])));
        Assert.Equal("application/json", message.Headers["Content-Type"]);
        Assert.Equal(
            ["Content-Length", "Content-Type", "Host", "User-Agent", "webhook-id", "webhook-signature", "webhook-timestamp"],
            message.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase)
        );
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    [InlineData("[fd00::1]")]
    public async Task Send_AddressNotOfTheInternet_IsRefused(string host)
    {
        Assert.Equal(new SendOutcome(null, Refused), await SendAsync(new Uri($"http://{host}:{_receiver.Address.Port}/hooks")));
        Assert.Empty(_receiver.All);
        Assert.Empty(_resolver.Asked);
    }

    [Fact]
    public async Task Send_NameOfAPrivateAddress_IsRefused()
    {
        _resolver.Add("inside.example", "127.0.0.1");
        _resolver.Add("metadata.example", "169.254.169.254");
        _resolver.Add("mapped.example", "::ffff:127.0.0.1");
        // Which one a client takes would be chance.
        _resolver.Add("both.example", "8.8.8.8", "127.0.0.1");
        foreach (var host in new[] { "inside.example", "metadata.example", "mapped.example", "both.example" })
        {
            Assert.Equal(new SendOutcome(null, Refused), await SendAsync(To(host)));
        }

        Assert.Empty(_receiver.All);
    }

    [Fact]
    public async Task Send_NameThatTheOperatorAllows_Arrives()
    {
        _resolver.Add("hooks.internal", "127.0.0.1");
        Assert.Equal(204, (await SendAsync(To("hooks.internal"), ["hooks.internal"])).Status);
        Assert.Equal(Refused, (await SendAsync(To("hooks.internal"), ["other.internal"])).Reason);
        Assert.Single(_receiver.All);
    }

    [Fact]
    public async Task Send_NameWithTwoAddresses_TakesTheOneThatAnswers()
    {
        await using var other = await WebhookReceiver.StartAsync("127.0.0.2");
        _resolver.Add("hooks.internal", "127.0.0.3", "127.0.0.2");
        Assert.Equal(204, (await SendAsync(new Uri($"http://hooks.internal:{other.Address.Port}/hooks"), ["127.0.0.0/8"])).Status);
    }

    [Fact]
    public async Task Connect_NameIsAnsweredDifferentlyTheSecondTime_IsLookedUpOnce()
    {
        // A name that changes between a check and a connection: the address that was judged is the one that is called.
        _resolver.Add("rebinds.example", "127.0.0.1");
        _resolver.Add("rebinds.example", "127.0.0.9");
        Assert.True(Common.ReachableHosts.TryParse(["127.0.0.1"], out var hosts, out _));
        await using var stream = (NetworkStream)
            await new CheckedConnector(hosts, _resolver).ConnectAsync(
                new DnsEndPoint("rebinds.example", _receiver.Address.Port),
                TestContext.Current.CancellationToken
            );
        Assert.Equal("127.0.0.1", ((IPEndPoint)stream.Socket.RemoteEndPoint!).Address.ToString());
        Assert.Equal(["rebinds.example"], _resolver.Asked);
        await Assert.ThrowsAsync<ReceiverRefusedException>(() =>
            new CheckedConnector(hosts, _resolver).ConnectAsync(
                new DnsEndPoint("rebinds.example", _receiver.Address.Port),
                TestContext.Current.CancellationToken
            )
        );
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Send_RedirectToAPrivateAddress_IsNotFollowed(int status)
    {
        await using var inside = await WebhookReceiver.StartAsync("127.0.0.2");
        _receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = inside.Address.ToString();
            return Task.CompletedTask;
        };

        // Even where the operator allows both.
        var outcome = await SendAsync(_receiver.Address, ["127.0.0.0/8"]);
        Assert.Equal(
            new SendOutcome(status, $"The receiver answered {status}, and redirects are not followed: register the address that it moved to."),
            outcome
        );
        Assert.Single(_receiver.All);
        Assert.Empty(inside.All);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Fri, 02 Jan 2026 03:14:05 GMT", 600)]
    [InlineData("Fri, 02 Jan 2026 03:00:00 GMT", null)]
    [InlineData("soon", null)]
    public async Task Send_RetryAfter_IsTold(string value, int? seconds)
    {
        _receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = value;
            return Task.CompletedTask;
        };
        Assert.Equal(
            new SendOutcome(503, "The receiver answered 503.", seconds is { } some ? TimeSpan.FromSeconds(some) : null),
            await SendAsync(_receiver.Address, ["127.0.0.1"])
        );
    }

    [Fact]
    public async Task Send_NoAnswer_EndsAfterItsLimit()
    {
        var (asked, never) = (new Gate(), new TaskCompletionSource());
        _receiver.Answer = async (context, message) =>
        {
            var passing = asked.PassAsync();
            Assert.False(passing.IsCompleted);
            await never.Task.WaitAsync(context.RequestAborted);
        };
        var sending = SendAsync(_receiver.Address, ["127.0.0.1"]);
        await asked.Reached;
        _clock.Advance(WebhookSender.Limit - TimeSpan.FromTicks(1));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new SendOutcome(null, "The receiver did not answer within 15 s."), await sending);
    }

    [Fact]
    public async Task Send_EndlessAnswer_IsNotRead()
    {
        var closed = new TaskCompletionSource();
        _receiver.Answer = async (context, _) =>
        {
            context.Response.StatusCode = 200;
            context.RequestAborted.Register(() => closed.TrySetResult());
            var chunk = new byte[1 << 16];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        };
        Assert.Equal(new SendOutcome(200, null), await SendAsync(_receiver.Address, ["127.0.0.1"]));
        await closed.Task.WaitAsync(TestWorld.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Send_Cookie_IsNotSentBack()
    {
        _receiver.Answer = (context, _) =>
        {
            context.Response.Cookies.Append("a", "b");
            return Task.CompletedTask;
        };
        using var sender = Create(["127.0.0.1"]);
        await SendAsync(sender, _receiver.Address);
        await SendAsync(sender, _receiver.Address);
        Assert.Equal(2, _receiver.All.Count);
        Assert.All(_receiver.All, message => Assert.DoesNotContain("Cookie", message.Headers.Keys));
    }

    [Fact]
    public async Task Send_NobodyThere_SaysSoWithoutAnAddress()
    {
        await _receiver.DisposeAsync();
        Assert.Equal(new SendOutcome(null, "The receiver could not be reached."), await SendAsync(_receiver.Address, ["127.0.0.1"]));
        Assert.Equal(new SendOutcome(null, "The receiver's host was not found."), await SendAsync(new Uri("https://no.example/")));
    }

    [Fact]
    public async Task Send_HttpsToAPlainPort_IsNoSecureConnection()
    {
        var address = new UriBuilder(_receiver.Address) { Scheme = "https" }.Uri;
        Assert.Equal(
            new SendOutcome(null, "No secure connection could be made: see that the receiver's certificate is valid for its host."),
            await SendAsync(address, ["127.0.0.1"])
        );
        Assert.Empty(_receiver.All);
    }

    [Fact]
    public async Task Send_ProxyInTheEnvironment_IsNotAsked()
    {
        await using var proxy = await WebhookReceiver.StartAsync("127.0.0.2");
        Assert.Null(await WithProxyAsync(proxy.Address, () => SendAsync(_receiver.Address, ["127.0.0.0/8"])));
        Assert.Single(_receiver.All);
        Assert.Empty(proxy.All);
    }

    private static async Task<string?> WithProxyAsync(Uri proxy, Func<Task<SendOutcome>> send)
    {
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy);
        try
        {
            return (await send()).Reason;
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    private Uri To(string host) => new(string.Create(CultureInfo.InvariantCulture, $"http://{host}:{_receiver.Address.Port}/hooks"));

    private WebhookSender Create(ImmutableArray<string> allow) =>
        new(Options.Create(new OneShotGrainsOptions { Clock = _clock, WebhookAllow = allow }), _resolver);

    private async Task<SendOutcome> SendAsync(Uri url, ImmutableArray<string>? allow = null)
    {
        using var sender = Create(allow ?? []);
        return await SendAsync(sender, url);
    }

    private static Task<SendOutcome> SendAsync(WebhookSender sender, Uri url) =>
        sender.SendAsync(url, s_secret, "msg_1", s_body, TestContext.Current.CancellationToken);
}
