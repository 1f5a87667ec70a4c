using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Telemetry;

/// <summary>One job can be followed from the call that submitted it to its checkpoints: in the log, and as spans where a collector is named.</summary>
public sealed class TraceTests : IAsyncDisposable
{
    private const string Trace = "0123456789abcdef0123456789abcdef";

    private readonly HttpServer _server = new();

    [Fact]
    public async Task Log_InJson_NamesJobEpochAndTraceOfTheCall()
    {
        await _server.StartAsync(new Dictionary<string, string> { ["ONESHOT_LOG_FORMAT"] = "json" });
        var id = await SubmitAsync();

        var lines = (await _server.ReadLogAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();

        Assert.All(lines, line => Assert.NotEmpty((string)line["message"]!));
        var own = lines.Where(line => (string?)line["job"] == id).ToList();
        Assert.Contains(own, line => ((string)line["message"]!).Contains("starts on slot", StringComparison.Ordinal) && (int?)line["epoch"] == 1);
        Assert.Contains(own, line => ((string)line["message"]!).Contains("submitted", StringComparison.Ordinal));
        Assert.Contains(own, line => ((string)line["message"]!).Contains("ended", StringComparison.Ordinal));
        Assert.All(own, line => Assert.True((string?)line["trace"] == Trace, line.ToJsonString()));
    }

    [Fact]
    public async Task Spans_OfAJob_GoToTheCollector()
    {
        await using var collector = new Collector();
        await _server.StartAsync(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            }
        );
        await SubmitAsync();

        string[] expected =
        [
            "oneshot queued",
            "oneshot epoch",
            "oneshot preparing",
            "oneshot training",
            "oneshot sampling",
            "oneshot publishing",
            "oneshot checkpoint",
        ];
        await collector.WhenAsync(
            "/v1/traces",
            text => expected.All(name => text.Contains(name, StringComparison.Ordinal)) && text.Contains("IImplantationGrain/Submit", StringComparison.Ordinal)
        );
        // All of one trace; not a span a step, nor one of the silos' own affairs.
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Trace)), collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.DoesNotContain("ITrainedImplantation/Report", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.DoesNotContain("ISchedulerGrain/Announce", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<string> SubmitAsync()
    {
        var body = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), 12);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/implantations") { Content = System.Net.Http.Json.JsonContent.Create(body) };
        request.Headers.Add("traceparent", $"00-{Trace}-0123456789abcdef-01");
        using var submitted = await _server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        await foreach (var _ in new EventReader(_server.Client, id).ReadAsync(0)) { }
        return id;
    }

    /// <summary>Takes what is sent by OTLP over HTTP, as bytes: names in it are plain text.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentQueue<(string Path, string Text)> _taken = new();
        private readonly SemaphoreSlim _news = new(0);
        private readonly Task _loop;

        public Collector()
        {
            Address = $"http://127.0.0.1:{FreePort.Find()}";
            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _loop = Task.Run(TakeAsync);
        }

        public string Address { get; }

        public string TextOf(string path) => string.Concat(_taken.Where(one => one.Path == path).Select(one => one.Text));

        public async Task WhenAsync(string path, Func<string, bool> fits)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!fits(TextOf(path)))
            {
                try
                {
                    await _news.WaitAsync(limit.Token);
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail(TextOf(path));
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop;
            _listener.Close();
            _news.Dispose();
        }

        private async Task TakeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    _taken.Enqueue((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray())));
                    context.Response.Close();
                    _news.Release();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }
    }
}
