using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Limits;

namespace OrleansOneShot.Api.Tests.Limits;

/// <summary>Limits of callers, behind a server whose callers say in a header who they are.</summary>
public sealed class CallerLimiterTests
{
    [Theory]
    [InlineData("Accept", "text/event-stream")]
    [InlineData("Prefer", "wait=30")]
    public async Task Waiting_BeyondAnOwnersShare_IsRefusedUntilOneEnds(string header, string value)
    {
        var gate = new TaskCompletionSource();
        await using var server = await StartAsync(new CallLimits { WaitingPerOwner = 2, CallsPerSecond = 0 }, gate.Task);
        var (first, second) = (await server.SendAsync("shop", header, value), await server.SendAsync("shop", header, value));

        using var third = await server.SendAsync("shop", header, value);
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.NotNull(third.Headers.RetryAfter);
        Assert.Contains("wait already", await third.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var other = await server.SendAsync("rival", header, value);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var short_ = await server.SendAsync("shop", "Accept", "application/json", "/short");
        Assert.Equal(HttpStatusCode.OK, short_.StatusCode);

        gate.SetResult();
        await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        first.Dispose();
        second.Dispose();
        // The permit comes back when the server has seen the end, a moment after its last byte was read.
        while (true)
        {
            using var again = await server.SendAsync("shop", header, value);
            if (again.StatusCode == HttpStatusCode.OK)
            {
                break;
            }

            Assert.Equal(HttpStatusCode.TooManyRequests, again.StatusCode);
        }
    }

    [Fact]
    public async Task Failures_OfAnAddress_AreTurnedAwayAndNobodyElse()
    {
        await using var server = await StartAsync(new CallLimits { FailuresPerSecond = 3, CallsPerSecond = 100_000 }, Task.CompletedTask);
        var answers = new List<HttpStatusCode>();
        while (!answers.Contains(HttpStatusCode.TooManyRequests))
        {
            using var answer = await server.SendAsync(null, "Accept", "*/*", "/refuse");
            answers.Add(answer.StatusCode);
        }

        Assert.All(answers[..3], status => Assert.Equal(HttpStatusCode.Unauthorized, status));
        using var other = await server.SendAsync("shop", "Accept", "*/*", "/short");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Calls_OfTheUserOfThisMachine_AreNotCounted()
    {
        await using var server = await StartAsync(new CallLimits { CallsPerSecond = 1, BurstSeconds = 1 }, Task.CompletedTask);
        for (var i = 0; i < 50; i++)
        {
            using var local = await server.SendAsync("local", "Accept", "*/*", "/short");
            Assert.Equal(HttpStatusCode.OK, local.StatusCode);
            Assert.False(local.Headers.Contains("RateLimit"));
        }

        var answers = new List<HttpStatusCode>();
        while (!answers.Contains(HttpStatusCode.TooManyRequests))
        {
            using var counted = await server.SendAsync("shop", "Accept", "*/*", "/short");
            answers.Add(counted.StatusCode);
            Assert.Equal(["\"calls\";q=1;w=1"], counted.Headers.GetValues("RateLimit-Policy"));
        }
    }

    private static async Task<Server> StartAsync(CallLimits limits, Task gate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        CallerLimiter.AddTo(
            builder.Services,
            limits,
            context =>
                context.Request.Headers["Who"].ToString() is { Length: > 0 } who
                    ? new CountedCaller(who == "local" ? null : who, who)
                    : new CountedCaller(null, null)
        );
        var application = builder.Build();
        CallerLimiter.UseOn(application);
        application.MapGet("/short", () => "here");
        application.MapGet(
            "/refuse",
            async (HttpContext context, CallerLimiter limiter) =>
            {
                if (!await limiter.RefuseFailureAsync(context))
                {
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                }
            }
        );
        application.MapGet(
            "/",
            async (HttpContext context) =>
            {
                await context.Response.WriteAsync("begun ");
                await context.Response.Body.FlushAsync();
                await gate;
            }
        );
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new Server(application);
    }

    private sealed class Server(WebApplication application) : IAsyncDisposable
    {
        private readonly HttpClient _client = new() { BaseAddress = new Uri(application.Urls.First()) };

        public Task<HttpResponseMessage> SendAsync(string? who, string header, string value, string path = "/")
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            if (who is not null)
            {
                request.Headers.Add("Who", who);
            }

            return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await application.DisposeAsync();
        }
    }
}
