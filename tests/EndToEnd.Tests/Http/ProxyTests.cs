using OrleansOneShot.Client;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Streams through a proxy that buffers, and cuts what is quiet.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    // Longer than the server is ever quiet, and shorter than two of its comments.
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Events_ThroughABufferingProxy_ComeWhileTheJobRuns_AndAQuietStreamIsNotCut()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await using var proxy = await NginxProxy.StartAsync(_server.Client.BaseAddress!, s_idle);
        var (image, mask) = (await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"));
        var (busy, waiting) = (await SubmitAsync(image, mask), await SubmitAsync(image, mask));
        await using var client = OneShotClient.Connect(proxy.Address);

        // One that a proxy held back would come when its job has ended, which this one does not.
        await foreach (var progress in client.GetImplantation(busy).WatchAsync(cancellationToken: limit.Token))
        {
            if (progress is { Stage: JobState.Training, Step: >= 3 })
            {
                break;
            }
        }

        // Of a job that waits nothing is to be told.
        using var http = new HttpClient { BaseAddress = proxy.Address, Timeout = s_limit };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/implantations/{waiting}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        for (var comments = 0; comments < 2;)
        {
            var line = await lines.ReadLineAsync(limit.Token);
            Assert.True(line is not null, "The proxy cut a stream that was only quiet.");
            comments += line.StartsWith(':') ? 1 : 0;
        }

        await _server.Client.PostAsync($"/v1/implantations/{waiting}/cancel", null, limit.Token);
        while (await lines.ReadLineAsync(limit.Token) is { } line && line != "event: done") { }
        await _server.Client.PostAsync($"/v1/implantations/{busy}/cancel", null, limit.Token);
    }

    private async Task<string> SubmitAsync(string image, string mask)
    {
        using var submitted = await _server.SubmitAsync(HttpServer.Request(image, mask, steps: 100_000));
        return (string)(await HttpServer.ReadAsync(submitted))["id"]!;
    }
}
