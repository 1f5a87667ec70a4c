using System.Net;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>Secrets are made once: what makes one is not repeated, and what ends one may be.</summary>
public sealed class HttpKeysTests
{
    private static readonly KeyDocument s_key = new()
    {
        Id = "k1",
        Name = "website",
        Owner = "shop",
        Scopes = [KeyScopes.JobsRead],
        Created = DateTimeOffset.UnixEpoch,
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Making_ThatIsNotAnswered_IsNotRepeated()
    {
        var server = new ScriptedServer(Answers.Broken, Answers.Broken, Answers.Broken);
        await using var client = Connect(server);
        var wanted = new KeyRequest
        {
            Owner = "shop",
            Name = "website",
            Scopes = [KeyScopes.JobsRead],
        };

        await UnavailableAsync(() => client.Keys.CreateAsync(wanted, Stop));
        await UnavailableAsync(() => client.Keys.RotateAsync("k1", cancellationToken: Stop));
        await UnavailableAsync(() => client.Webhooks.CreateAsync(new WebhookRequest { Url = "https://example.com/hooks" }, Stop));

        Assert.Equal(["POST /v1/keys", "POST /v1/keys/k1/rotate", "POST /v1/webhooks"], server.Calls.Select(call => call.ToString()));
    }

    [Fact]
    public async Task Ending_WhoseAnswerWasLost_HasEnded()
    {
        var server = new ScriptedServer(Answers.Broken, Gone, Answers.Broken, () => Answers.Plain(HttpStatusCode.NoContent));
        await using var client = Connect(server);

        await client.Webhooks.DeleteAsync("w1", Stop);
        await client.Keys.RevokeAsync("k1", Stop);

        Assert.Equal(
            ["DELETE /v1/webhooks/w1", "DELETE /v1/webhooks/w1", "DELETE /v1/keys/k1", "DELETE /v1/keys/k1"],
            server.Calls.Select(call => call.ToString())
        );
    }

    [Fact]
    public async Task Ending_OfWhatIsNotThere_IsNotFound()
    {
        await using var client = Connect(new ScriptedServer(Gone));

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => client.Webhooks.DeleteAsync("w1", Stop))).Code);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(90, "?grace_seconds=90")]
    public async Task Rotate_SaysHowLongTheOldKeyIsAccepted(int? seconds, string query)
    {
        var server = new ScriptedServer(() => Answers.Document(new NewKey(s_key, "os1_k1_secret"), HttpStatusCode.Created));
        await using var client = Connect(server);

        var made = await client.Keys.RotateAsync("k1", seconds is { } grace ? TimeSpan.FromSeconds(grace) : null, Stop);

        Assert.Equal("os1_k1_secret", made.Secret);
        Assert.Equal(query, Assert.Single(server.Calls).Query);
    }

    private static HttpResponseMessage Gone() => Answers.Problem(HttpStatusCode.NotFound, ErrorCodes.NotFound, "It is not there.");

    private static IOneShotClient Connect(ScriptedServer server) =>
        OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() });

    private static async Task UnavailableAsync(Func<Task> call) =>
        Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<OneShotException>(call)).Code);
}
