using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Fuzz.Mutators;
using OrleansOneShot.Testing;

namespace OrleansOneShot.Fuzz.Http;

/// <summary>
/// Changed requests to a server in this process: bodies token by token, and paths, parameters and headers. Whatever comes, the server answers in time, with
/// less than 500, and keeps no memory of it.
/// </summary>
internal sealed class HttpFuzz : IAsyncDisposable
{
    private const int WarmUp = 1000;
    private const long MostGrowth = 150L << 20;
    private const int AtOnce = 8;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly string[] s_headers = ["Last-Event-ID", "Prefer", "If-None-Match", "Range", "If-Range", "Idempotency-Key", "Accept", "X-Other"];

    private readonly OneShotTestHost _host;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<(string Path, byte[] Body)> _bodies = [];
    private readonly string[] _paths;

    private HttpFuzz(OneShotTestHost host, string hash, string job)
    {
        _host = host;
        _client.BaseAddress = host.Address;
        var implantation = $$$"""
            {"name":"cat","image":"{{{hash}}}","objects":[{"class":"cat","token":"<cat>","mask":"{{{hash}}}"}],"model":{"name":"toyworld-64"},"seed":7,
             "priority":1,"metadata":{"a.b":"c"},"method":{"vectors":2},"training":{"steps":3,"learning_rate":0.001,"precision":"fp32"},
             "samples":{"prompts":["a <cat>"],"per_prompt":1,"steps":4,"guidance_scale":5}}
            """;
        Add("/v1/implantations", implantation);
        Add("/v1/implantations?dry_run=true", implantation);
        Add("/v1/implantations/estimate", implantation);
        Add(
            "/v1/generations",
            $$$"""
            {"model":{"name":"toyworld-64"},"implantations":[{"id":"{{{job}}}","scale":1}],"prompts":["a <cat>"],"negative_prompt":"","per_prompt":1,"steps":2,
             "scheduler":"ddim","seed":7,"guidance_scale":3,"metadata":{"k":"v"}}
            """
        );
        Add("/v1/keys", """{"owner":"ann","name":"mine","scopes":["jobs:read","jobs:write"],"expires":"2030-01-01T00:00:00Z"}""");
        Add("/v1/webhooks", """{"url":"https://example.com/hooks","events":["implantation.succeeded"],"description":"mine"}""");
        Add("/v1/models", $$$"""{"name":"m","files":[{"path":"unet/config.json","bytes":10,"sha256":"{{{hash}}}"}]}""");
        Add("/v1/models/m/complete", $$$"""{"name":"m","files":[{"path":"unet/config.json","bytes":10,"sha256":"{{{hash}}}"}]}""");
        _paths =
        [
            "/v1/implantations",
            $"/v1/implantations/{job}",
            $"/v1/implantations/{job}/events?after=1&limit=3",
            $"/v1/implantations/{job}/files",
            $"/v1/implantations/{job}/files/README.md",
            "/v1/implantations?state=succeeded&limit=5&metadata.k=v&cursor=abc",
            "/v1/generations/none/events",
            $"/v1/blobs/{hash}",
            "/v1/models/toyworld-64",
            "/v1/cluster/slots",
            "/v1/keys",
            "/v1/webhooks/none",
            "/openapi/v1.json",
        ];
    }

    /// <summary>Sends requests.</summary>
    /// <param name="seed">Of the requests.</param>
    /// <param name="count">How many.</param>
    /// <returns>0: nothing was found; 1: something was, and is printed.</returns>
    public static async Task<int> RunAsync(int seed, long count)
    {
        await using var host = await OneShotTestHost.StartAsync();
        var bytes = new byte[100];
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var uploader = new HttpClient { BaseAddress = host.Address };
        using var uploaded = await uploader.PutAsync($"/v1/blobs/{hash}", new ByteArrayContent(bytes));
        uploaded.EnsureSuccessStatusCode();
        using var submitted = await uploader.PostAsync(
            "/v1/implantations",
            new StringContent(
                $$$"""{"name":"cat","image":"{{{hash}}}","objects":[{"class":"cat","token":"<cat>","mask":"{{{hash}}}"}],"model":{"name":"toyworld-64"}}""",
                Encoding.UTF8,
                "application/json"
            )
        );
        submitted.EnsureSuccessStatusCode();
        using var job = JsonDocument.Parse(await submitted.Content.ReadAsStreamAsync());
        var key = await host.AddKeyAsync("local");
        await using var fuzz = new HttpFuzz(host, hash, job.RootElement.GetProperty("id").GetString()!);
        fuzz._client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await fuzz.SendAllAsync(seed, count);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The same request for the same seed and number, in every process.</summary>
    private static Random RandomOf(int seed, long number) => new(unchecked((seed * 1_000_003) + (int)number));

    private void Add(string path, string body) => _bodies.Add((path, Encoding.UTF8.GetBytes(body)));

    private async Task<int> SendAllAsync(int seed, long count)
    {
        var statuses = new SortedDictionary<int, int>();
        var found = new List<string>();
        var gate = new Lock();
        var (wellFormed, bodies) = (0, 0);
        var before = 0L;
        for (var first = 0L; first < count; first += WarmUp)
        {
            var last = Math.Min(count, first + WarmUp);
            await Parallel.ForAsync(
                first,
                last,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
                async (number, cancellationToken) =>
                {
                    var random = RandomOf(seed, number);
                    using var request = Make(random, out var body);
                    var (status, problem) = await SendAsync(request, cancellationToken);
                    lock (gate)
                    {
                        statuses[status] = statuses.GetValueOrDefault(status) + 1;
                        bodies += body is null ? 0 : 1;
                        wellFormed += body is not null && IsJson(body) ? 1 : 0;
                        if (problem is not null && found.Count < 20)
                        {
                            found.Add(
                                $"input {number}: {request.Method} {request.RequestUri}: {problem}\n{(body is null ? "" : Encoding.UTF8.GetString(body))}"
                            );
                        }
                    }
                }
            );
            if (first == 0)
            {
                before = Memory();
            }
        }

        var growth = Memory() - before;
        if (growth > MostGrowth)
        {
            found.Add($"the process has grown by {growth >> 20} MiB");
        }

        if (bodies > 0 && wellFormed * 2 < bodies)
        {
            found.Add($"only {wellFormed} of {bodies} bodies were JSON");
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{count} requests, {bodies} with a body, {wellFormed} of these JSON; grown by {growth >> 20} MiB; answers: "
            ) + string.Join(", ", statuses.Select(status => $"{status.Key}: {status.Value}"))
        );
        found.ForEach(Console.WriteLine);
        return found.Count == 0 ? 0 : 1;
    }

    private HttpRequestMessage Make(Random random, out byte[]? body)
    {
        body = null;
        HttpRequestMessage request;
        if (random.Next(10) < 7)
        {
            var (path, valid) = Bytes.Pick(random, _bodies);
            body = JsonMutator.Mutate(random, valid);
            request = new HttpRequestMessage(HttpMethod.Post, random.Next(10) == 0 ? Change(random, path) : path) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(random.Next(20) == 0 ? "text/plain" : "application/json");
        }
        else
        {
            var method = Bytes.Pick(
                random,
                [HttpMethod.Get, HttpMethod.Get, HttpMethod.Get, HttpMethod.Head, HttpMethod.Delete, HttpMethod.Put, HttpMethod.Patch]
            );
            request = new HttpRequestMessage(method, Change(random, Bytes.Pick(random, _paths)));
        }

        for (var i = random.Next(3); i > 0; i--)
        {
            request.Headers.TryAddWithoutValidation(Bytes.Pick(random, s_headers), Odd(random));
        }

        return request;
    }

    private static string Change(Random random, string path)
    {
        var signs = path.ToCharArray().ToList();
        for (var i = random.Next(4); i > 0; i--)
        {
            var at = random.Next(1, signs.Count);
            switch (random.Next(3))
            {
                case 0 when signs.Count > 2:
                    signs.RemoveAt(at);
                    break;
                case 1:
                    signs.InsertRange(at, Uri.EscapeDataString(Odd(random)));
                    break;
                default:
                    signs[at] = "/.?&=%-_a0"[random.Next(10)];
                    break;
            }
        }

        return new string([.. signs]);
    }

    private static string Odd(Random random) =>
        Bytes.Pick(
            random,
            [
                "",
                "0",
                "-1",
                "99999999999999999999",
                "wait=30",
                "wait=x",
                "bytes=0-",
                "bytes=5-1",
                "*",
                "..",
                "../../etc/passwd",
                "%00",
                "a b",
                "<cat>",
                new string('x', 300),
            ]
        );

    private async Task<(int Status, string? Problem)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            // Of a stream of a job that runs only the beginning is waited for.
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var status = (int)answer.StatusCode;
            return (status, status >= 500 ? await answer.Content.ReadAsStringAsync(limit.Token) : null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UriFormatException or InvalidOperationException)
        {
            // Else the client has refused its own request, or the server its body half way.
            return
                e
                    is HttpRequestException
                    {
                        HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded or HttpRequestError.ConnectionError
                    }
                        or OperationCanceledException
                ? (-1, e.Message)
                : (0, null);
        }
    }

    private static bool IsJson(byte[] body)
    {
        try
        {
            using var _ = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 1000 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
