using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Bench.Http;

/// <summary>Measures HTTP: servers in processes of their own, clients here.</summary>
internal static class HttpRun
{
    private const int Rounds = 5;
    private const int Parallel = 16;
    private const double Mib = ScriptedEngine.LargeBytes / (1024.0 * 1024.0);

    /// <summary>Measures.</summary>
    /// <param name="submits">Submissions a round.</param>
    /// <param name="watchers">How many watch one job.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<HttpLine> MeasureAsync(int submits, int watchers, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("oneshot-http-");
        try
        {
            var (byGateway, overHttp) = await SubmitsAsync(data.CreateSubdirectory("submits"), submits, cancellationToken);
            using var server = await Server.StartAsync(data.CreateSubdirectory("jobs").FullName, slots: 1);
            var (input, _) = await server.UploadAsync(new byte[1000], cancellationToken);
            var (download, plainDownload) = await DownloadsAsync(server, input, cancellationToken);
            var (upload, plainUpload) = await UploadsAsync(server, cancellationToken);
            var (kib, seen) = await WatchAsync(server, input, watchers, cancellationToken);
            return new HttpLine
            {
                SubmitsByGateway = byGateway,
                SubmitsOverHttp = overHttp,
                Watchers = watchers,
                KibAWatcher = kib,
                DelayMedian = seen.Median,
                DelayP99 = seen.P99,
                Events = seen.Events,
                Download = download,
                PlainDownload = plainDownload,
                Upload = upload,
                PlainUpload = plainUpload,
            };
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task<(double ByGateway, double OverHttp)> SubmitsAsync(DirectoryInfo data, int submits, CancellationToken cancellationToken)
    {
        using var server = await Server.StartAsync(data.FullName, slots: 0);
        var (input, _) = await server.UploadAsync(new byte[1000], cancellationToken);
        await using var gateway = new ClusterTransport(
            await ClusterClient.ConnectAsync(
                new ClusterClientOptions { Redis = server.Redis, ClusterId = ClusterSiloOptions.DefaultClusterId },
                cancellationToken
            ),
            SiloStore.Open(SiloStore.Choose(DataFolder.Resolve(data.FullName), cluster: true)),
            "gateway"
        );
        await using var http = new HttpTransport(server.Api, new OneShotClientOptions());
        IOneShotTransport[] ways = [gateway, http];
        List<double>[] rates =
        [
            [],
            [],
        ];
        // Turn by turn: whatever else the machine does hits both alike. The first round compiles code and opens connections.
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (way, i) in ways.Select((way, i) => (way, i)))
            {
                var clock = Stopwatch.StartNew();
                await System.Threading.Tasks.Parallel.ForAsync(
                    0,
                    submits,
                    new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
                    async (_, token) => await way.Implantations.SubmitAsync(Request("bench", input), IdempotencyKey.New(), token)
                );
                rates[i].Add(submits / clock.Elapsed.TotalSeconds);
            }
        }

        return (Median(rates[0].Skip(1)), Median(rates[1].Skip(1)));
    }

    private static async Task<(double Ours, double Plain)> DownloadsAsync(Server server, string input, CancellationToken cancellationToken)
    {
        var id = await server.SubmitAsync(Request(ScriptedEngine.Large, input), cancellationToken);
        await using var client = OneShotClient.Connect(server.Api);
        await client.GetImplantation(id).GetResultAsync(cancellationToken);
        return await PairsAsync(
            () => server.DownloadAsync(new Uri(server.Api, $"/v1/implantations/{id}/files/{ScriptedEngine.LargeFile}"), cancellationToken),
            () => server.DownloadAsync(new Uri(server.Plain, ScriptedEngine.LargeFile), cancellationToken)
        );
    }

    private static async Task<(double Ours, double Plain)> UploadsAsync(Server server, CancellationToken cancellationToken)
    {
        var bytes = new byte[ScriptedEngine.LargeBytes];
        byte number = 0;
        return await PairsAsync(
            async () =>
            {
                // Other bytes each time; their hash is the client's work, which is not measured.
                bytes[0] = ++number;
                return (await server.UploadAsync(bytes, cancellationToken)).Seconds;
            },
            () => server.PutAsync(new Uri(server.Plain, "/upload"), bytes, cancellationToken)
        );
    }

    private static async Task<(double KibAWatcher, WatcherLine Seen)> WatchAsync(Server server, string input, int watchers, CancellationToken cancellationToken)
    {
        var id = await server.SubmitAsync(Request(ScriptedEngine.Events, input), cancellationToken);
        await using var client = OneShotClient.Connect(server.Api);
        await foreach (var progress in client.GetImplantation(id).WatchAsync(cancellationToken: cancellationToken))
        {
            if (progress.Stage == JobState.Training)
            {
                break;
            }
        }

        var before = server.ResidentBytes;
        using var process = ChildProcess.StartSelf([
            "http-watchers",
            new Uri(server.Api, $"/v1/implantations/{id}/events").AbsoluteUri,
            watchers.ToString(CultureInfo.InvariantCulture),
        ]);
        var after = server.ResidentBytes;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return ((after - before) / 1024.0 / watchers, JsonSerializer.Deserialize<WatcherLine>(line!)!);
    }

    private static async Task<(double Ours, double Plain)> PairsAsync(Func<Task<double>> ours, Func<Task<double>> plain)
    {
        var (first, second) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            first.Add(Mib / await ours());
            second.Add(Mib / await plain());
        }

        return (Median(first.Skip(1)), Median(second.Skip(1)));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static ImplantationRequest Request(string name, string input) =>
        new()
        {
            Name = name,
            Image = input,
            Objects =
            [
                new ObjectSpec
                {
                    Class = "object",
                    Token = "<object>",
                    Mask = input,
                },
            ],
            Model = new ModelReference { Name = "stub" },
        };

    /// <summary>A Redis, and a server's process over it.</summary>
    private sealed class Server : IDisposable
    {
        private readonly HttpClient _client = new();
        private readonly Process _redis;
        private readonly Process _process;

        private Server(Process redis, Process process) => (_redis, _process) = (redis, process);

        public required Uri Api { get; init; }

        public required Uri Plain { get; init; }

        public required string Redis { get; init; }

        public long ResidentBytes
        {
            get
            {
                _process.Refresh();
                return _process.WorkingSet64;
            }
        }

        public static Task<Server> StartAsync(string data, int slots) =>
            Task.Run(() =>
            {
                var port = FreePort.Find();
                var redis = ChildProcess.StartRedis(port);
                var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
                Uri[] urls = [new($"http://127.0.0.1:{FreePort.Find()}"), new($"http://127.0.0.1:{FreePort.Find()}")];
                string[] arguments = ["http-server", address, data, slots.ToString(CultureInfo.InvariantCulture), urls[0].AbsoluteUri, urls[1].AbsoluteUri];
                return new Server(redis, ChildProcess.StartSelf(arguments))
                {
                    Api = urls[0],
                    Plain = urls[1],
                    Redis = address,
                };
            });

        public async Task<string> SubmitAsync(ImplantationRequest request, CancellationToken cancellationToken)
        {
            using var answer = await _client.PostAsJsonAsync(new Uri(Api, "/v1/implantations"), request, DocumentJson.Options, cancellationToken);
            answer.EnsureSuccessStatusCode();
            return (await answer.Content.ReadFromJsonAsync<ImplantationStatus>(DocumentJson.Options, cancellationToken))!.Id;
        }

        public async Task<(string Sha256, double Seconds)> UploadAsync(byte[] bytes, CancellationToken cancellationToken)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
            return (hash, await PutAsync(new Uri(Api, $"/v1/blobs/{hash}"), bytes, cancellationToken));
        }

        public async Task<double> PutAsync(Uri url, byte[] bytes, CancellationToken cancellationToken)
        {
            using var content = new ByteArrayContent(bytes);
            var clock = Stopwatch.StartNew();
            using var answer = await _client.PutAsync(url, content, cancellationToken);
            answer.EnsureSuccessStatusCode();
            return clock.Elapsed.TotalSeconds;
        }

        public async Task<double> DownloadAsync(Uri url, CancellationToken cancellationToken)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            answer.EnsureSuccessStatusCode();
            await (await answer.Content.ReadAsStreamAsync(cancellationToken)).CopyToAsync(Stream.Null, cancellationToken);
            return clock.Elapsed.TotalSeconds;
        }

        public void Dispose()
        {
            foreach (var process in new[] { _process, _redis })
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                process.Dispose();
            }

            _client.Dispose();
        }
    }
}
