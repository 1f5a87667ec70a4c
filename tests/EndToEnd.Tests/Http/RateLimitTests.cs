using System.Net;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Too many calls are told so, with when to come again.</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync(new Dictionary<string, string>(), "--rate-limit", "5");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Calls_BeyondTheLimitOfTheirKey_AreToldWhenToComeAgain()
    {
        for (var i = 0; i < 20; i++)
        {
            // As long as no key exists there is nobody to protect from the user of this machine.
            using var local = await _server.Client.GetAsync("/v1/implantations");
            Assert.Equal(HttpStatusCode.OK, local.StatusCode);
            Assert.False(local.Headers.Contains("RateLimit"));
        }

        var (first, second) = (await _server.AddKeyAsync("first", "jobs:read"), await _server.AddKeyAsync("second", "jobs:read"));
        _server.UseKey(first);
        using (var counted = await _server.Client.GetAsync("/v1/implantations"))
        {
            Assert.Equal(["\"calls\";q=20;w=4"], counted.Headers.GetValues("RateLimit-Policy"));
            Assert.Matches("^\"calls\";r=1?[0-9];t=1$", Assert.Single(counted.Headers.GetValues("RateLimit")));
        }

        var refused = await FirstRefusalAsync();
        await HttpServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "limit");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Matches("^\"calls\";r=[0-9]+;t=1$", Assert.Single(refused.Headers.GetValues("RateLimit")));

        _server.UseKey(second);
        using var other = await _server.Client.GetAsync("/v1/implantations");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task RefusedKeys_OfOneAddress_KeepNobodyElseOut()
    {
        var good = await _server.AddKeyAsync("good", "jobs:read");
        _server.UseKey("os1_nobody_" + new string('x', 43));
        var refused = await FirstRefusalAsync();
        await HttpServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "limit");
        Assert.NotNull(refused.Headers.RetryAfter);

        _server.UseKey(good);
        using var other = await _server.Client.GetAsync("/v1/implantations");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    private async Task<HttpResponseMessage> FirstRefusalAsync()
    {
        for (var i = 0; ; i++)
        {
            Assert.True(i < 1000, "Nothing was refused.");
            var answer = await _server.Client.GetAsync("/v1/implantations");
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }

            answer.Dispose();
        }
    }
}
