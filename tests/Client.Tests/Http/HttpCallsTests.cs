using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>What a call does when the server, or what lies before it, does not answer as it should.</summary>
public sealed class HttpCallsTests
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(7);
    private readonly PassingClock _clock = new();

    public static TheoryData<string, Func<HttpResponseMessage>, bool> Passing =>
        new()
        {
            { "503", () => Answers.Later(HttpStatusCode.ServiceUnavailable, s_pause), true },
            { "429", () => Answers.Later(HttpStatusCode.TooManyRequests, s_pause), true },
            { "502", () => Answers.Plain(HttpStatusCode.BadGateway), false },
            { "broken", Answers.Broken, false },
        };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Submit_ThatFailsTwice_IsRepeatedUnderOneKey(string name, Func<HttpResponseMessage> failure, bool saysWhen)
    {
        Assert.NotEqual("", name);
        var server = new ScriptedServer(failure, failure, () => Answers.Document(Answers.Status, HttpStatusCode.Created));
        await using var transport = Transport(server);

        var status = await transport.Implantations.SubmitAsync(Answers.Request, "key-1", TestContext.Current.CancellationToken);

        Assert.Equal("job-1", status.Id);
        Assert.Equal(3, server.Calls.Count);
        Assert.All(server.Calls, call => Assert.Equal("key-1", call.Headers["Idempotency-Key"]));
        Assert.NotEqual("", Assert.Single(server.Calls.Select(call => call.Body).Distinct()));
        Assert.Equal(2, _clock.Waits.Count);
        if (saysWhen)
        {
            Assert.All(_clock.Waits, wait => Assert.Equal(s_pause, wait));
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, ErrorCodes.Unavailable)]
    [InlineData(HttpStatusCode.TooManyRequests, ErrorCodes.Limit)]
    public async Task Call_ThatIsToWaitTooLong_IsGivenUp_AndTellsHowLong(HttpStatusCode status, string code)
    {
        var server = new ScriptedServer(() => Answers.Later(status, TimeSpan.FromHours(1)));
        await using var transport = Transport(server);

        var error = await RefusedAsync(transport);

        Assert.Equal((code, (int)status, TimeSpan.FromHours(1)), (error.Code, error.Status, error.RetryAfter));
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task Call_ThatFailsEveryTime_EndsWithWhatTheServerSaid()
    {
        Func<HttpResponseMessage> failure = () => Answers.Problem(HttpStatusCode.ServiceUnavailable, ErrorCodes.Unavailable, "The store is away.");
        var server = new ScriptedServer(failure, failure, failure, failure);
        await using var transport = Transport(server);

        var error = await RefusedAsync(transport);

        Assert.Equal((ErrorCodes.Unavailable, "The store is away."), (error.Code, error.Message));
        Assert.Equal(4, server.Calls.Count);
    }

    [Fact]
    public async Task Call_WhoseConnectionBreaksEveryTime_IsUnavailable_AndTellsTheAddress()
    {
        var server = new ScriptedServer(Answers.Broken, Answers.Broken, Answers.Broken, Answers.Broken);
        await using var transport = Transport(server);

        var error = await RefusedAsync(transport);

        Assert.Equal((ErrorCodes.Unavailable, null), (error.Code, error.Status));
        Assert.Contains("http://server.test:8080 can't be reached", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task Call_ThatIsRefused_IsNotRepeated(HttpStatusCode status)
    {
        var server = new ScriptedServer(() => Answers.Plain(status));
        await using var transport = Transport(server);

        Assert.Equal((int)status, (await RefusedAsync(transport)).Status);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task Answer_ThatIsASignInPage_IsToldAsSuch()
    {
        var server = new ScriptedServer(() => Answers.Text("<!DOCTYPE html><title>Sign in</title>", "text/html"));
        await using var transport = Transport(server);

        var error = await RefusedAsync(transport);

        Assert.Equal(ErrorCodes.Failed, error.Code);
        Assert.Contains("no document of oneshot", error.Message, StringComparison.Ordinal);
        Assert.Contains("sign-in page", error.Detail.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_IsNotFollowed_SoThatTheKeyGoesNowhereElse()
    {
        var stop = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        var served = ServeOnceAsync(listener, $"HTTP/1.1 302 Found\r\nLocation: {address}/elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", stop);
        await using var transport = new HttpTransport(new Uri(address), new OneShotClientOptions { Key = ApiKey.Create().Text, TimeProvider = _clock });

        var error = await RefusedAsync(transport);

        Assert.Contains("/v1/implantations/job-1", await served, StringComparison.Ordinal);
        Assert.Equal((int)HttpStatusCode.Found, error.Status);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Key_IsSent_AndStandsInNoLogAndNoError()
    {
        var key = ApiKey.Create().Text;
        var secret = key.Split('_')[2];
        using var log = new RecordedLog();
        Func<HttpResponseMessage>[] ends =
        [
            () => Answers.Problem(HttpStatusCode.Unauthorized, ErrorCodes.Unauthenticated, "The key is unknown, expired or revoked."),
            () => Answers.Text("<html></html>", "text/html"),
            () => Answers.Plain(HttpStatusCode.InternalServerError),
            Answers.Broken,
        ];
        List<string> errors = [];
        foreach (var end in ends)
        {
            var server = new ScriptedServer(Answers.Broken, end);
            await using var transport = new HttpTransport(ScriptedServer.Address, Options(server, key, log));
            errors.Add((await RefusedAsync(transport)).ToString());
            Assert.All(server.Calls, call => Assert.Equal($"Bearer {key}", call.Headers["Authorization"]));
        }

        Assert.NotEmpty(log.Lines);
        Assert.All(errors.Concat(log.Lines), text => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("http://server.test:8080", true)]
    [InlineData("https://server.test:8080", false)]
    [InlineData("http://127.0.0.1:8080", false)]
    [InlineData("http://[::1]:8080", false)]
    [InlineData("http://localhost:8080", false)]
    public async Task Key_ThatCanBeReadOnItsWay_IsWarnedOf(string address, bool warns)
    {
        using var log = new RecordedLog();

        await using var transport = new HttpTransport(new Uri(address), Options(new ScriptedServer(), ApiKey.Create().Text, log));

        Assert.Equal(warns, log.Lines.Any(line => line.Contains("without encryption", StringComparison.Ordinal)));
    }

    [Fact]
    public void Connect_WithWhatIsNoKey_DoesNotShowIt()
    {
        var error = Assert.Throws<OneShotException>(() => OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Key = "my-password" }));

        Assert.Equal((ErrorCodes.InvalidInput, "key"), (error.Code, error.Detail.Field));
        Assert.DoesNotContain("my-password", error.ToString(), StringComparison.Ordinal);
    }

    private static OneShotClientOptions Options(ScriptedServer server, string key, RecordedLog log) =>
        new()
        {
            Handler = server,
            Key = key,
            LoggerFactory = log,
            MaxRetries = 1,
            TimeProvider = new PassingClock(),
        };

    private HttpTransport Transport(ScriptedServer server) => new(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = _clock });

    private static Task<OneShotException> RefusedAsync(HttpTransport transport) =>
        Assert.ThrowsAsync<OneShotException>(() => transport.Implantations.GetStatusAsync("job-1", TestContext.Current.CancellationToken));

    private static async Task<string> ServeOnceAsync(TcpListener listener, string answer, CancellationToken cancellationToken)
    {
        using var connection = await listener.AcceptTcpClientAsync(cancellationToken);
        await using var stream = connection.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var request = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            request.AppendLine(line);
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), cancellationToken);
        return request.ToString();
    }
}
