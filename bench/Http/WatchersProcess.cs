using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace OrleansOneShot.Bench.Http;

/// <summary>A process full of watchers of one job.</summary>
internal static class WatchersProcess
{
    /// <summary>Watches, and prints what it saw.</summary>
    /// <param name="url">The job's events.</param>
    /// <param name="count">How many watch.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task RunAsync(Uri url, int count, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = count }) { Timeout = Timeout.InfiniteTimeSpan };
        var delays = new ConcurrentQueue<double>();
        var connected = new CountdownEvent(count);
        var watchers = Enumerable.Range(0, count).Select(_ => Task.Run(() => WatchAsync(client, url, connected, delays, cancellationToken))).ToList();
        await Task.Run(() => connected.Wait(cancellationToken), cancellationToken);
        // What came while others were still connecting tells of that alone.
        delays.Clear();
        Console.WriteLine("Ready");
        await Task.WhenAll(watchers);
        var ordered = delays.Order().ToList();
        Console.WriteLine(
            JsonSerializer.Serialize(
                new WatcherLine
                {
                    Median = ordered[ordered.Count / 2],
                    P99 = ordered[(int)(ordered.Count * 0.99)],
                    Events = ordered.Count,
                }
            )
        );
    }

    private static async Task WatchAsync(
        HttpClient client,
        Uri url,
        CountdownEvent connected,
        ConcurrentQueue<double> delays,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        connected.Signal();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
        {
            using var data = JsonDocument.Parse(item.Data);
            var time = DateTimeOffset.Parse(data.RootElement.GetProperty("time").GetString()!, CultureInfo.InvariantCulture);
            delays.Enqueue((DateTimeOffset.UtcNow - time).TotalMilliseconds);
        }
    }
}
