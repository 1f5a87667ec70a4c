using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Testing.Tests;

/// <summary>Dataset runs by the SDK, whatever the way to the server, and what HTTP alone shows of them.</summary>
public sealed class DatasetRunTests : IAsyncLifetime
{
    // Only against hanging for ever.
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private OneShotTestHost _host = null!;

    private CancellationToken Limit => _limit.Token;

    public async ValueTask InitializeAsync() => _host = await OneShotTestHost.StartAsync(Limit);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_EitherWay_IsFollowedAndMendedAndForgotten(bool http)
    {
        await using var connected = http ? _host.Connect() : null;
        var client = connected ?? _host.Client;
        var told = new List<DatasetRunStatus>();

        var run = await client.RunDatasetAsync(
            new DatasetRun("shelf", items: 5)
            {
                Metadata = new Dictionary<string, string> { ["season"] = "autumn" },
                IdempotencyKey = "k",
            },
            Entries(5, number => number == 3 ? "/not/there.png" : null),
            new Told(told),
            Limit
        );
        List<DatasetRunStatus> seen = [];
        await foreach (var status in run.WatchAsync(cancellationToken: Limit))
        {
            seen.Add(status);
        }

        Assert.Equal((DatasetRunState.Finished, 4, 1), (seen[^1].State, seen[^1].Counts.Succeeded, seen[^1].Counts.Failed));
        Assert.Equal(seen.Select(status => status.Version).Order().Distinct(), seen.Select(status => status.Version));
        // The first jobs run before the last items are there.
        Assert.Equal([1, 2, 4, 5], told.Select(status => status.Counts.Added()));
        var items = await run.ListItemsAsync(new DatasetItemQuery { PageSize = 2 }, Limit).ToListAsync(Limit);
        Assert.Equal(Enumerable.Range(0, 5), items.Select(item => item.Number));
        Assert.Equal(("item-3", 0), (items[3].Id, items[3].Attempts));
        Assert.Contains("/not/there.png", items[3].Error!.Message, StringComparison.Ordinal);
        var result = await client.GetImplantation(items[4].Job!).GetResultAsync(Limit);
        Assert.Equal("item-4", result.Status.Request.Name);
        Assert.Contains("item-4.safetensors", result.Files.Select(file => file.Path));
        Assert.Equal("autumn", result.Status.Request.Metadata["season"]);
        var query = new JobQuery { Metadata = new Dictionary<string, string> { [DatasetRules.RunKey] = run.Id } };
        Assert.Equal(4, await client.ListImplantationsAsync(query, Limit).CountAsync(Limit));

        // The same again, mended: what is there stays, and only the failed one runs.
        var version = (await run.AddAsync(Entries(5, _ => null), cancellationToken: Limit)).Version;
        await run.RetryAsync(Limit);
        var end = await run.WaitAsync(Limit);
        Assert.Equal((DatasetRunState.Finished, 5), (end.State, end.Counts.Succeeded));
        var changed = await run.ListItemsAsync(new DatasetItemQuery { ChangedSince = version }, Limit).ToListAsync(Limit);
        Assert.Equal([(3, 1)], changed.Select(item => (item.Number, item.Attempts)));

        Assert.Equal([run.Id], await client.ListDatasetRunsAsync(cancellationToken: Limit).Select(status => status.Id).ToListAsync(Limit));
        await run.DeleteAsync(Limit);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => run.GetStatusAsync(Limit))).Code);
        Assert.Equal(5, await client.ListImplantationsAsync(query, Limit).CountAsync(Limit));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_EitherWay_StopsUntilItIsResumed(bool http)
    {
        await using var connected = http ? _host.Connect() : null;
        var client = connected ?? _host.Client;
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        _host.Engine.Clock = clock;
        _host.Engine.StepTime = TimeSpan.FromHours(1);
        var run = await client.RunDatasetAsync(new DatasetRun("shelf", items: 3) { Parallel = 1 }, Entries(3, _ => null), cancellationToken: Limit);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<OneShotException>(() => run.DeleteAsync(Limit))).Code);

        await run.CancelAsync(Limit);
        var paused = await run.WaitAsync(Limit);

        Assert.Equal((DatasetRunState.Cancelled, 0), (paused.State, paused.Counts.Succeeded));
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<OneShotException>(() => run.RetryAsync(Limit))).Code);
        _host.Engine.StepTime = TimeSpan.Zero;
        Assert.Equal(DatasetRunState.Running, (await run.ResumeAsync(Limit)).State);
        Assert.Equal(3, (await run.WaitAsync(Limit)).Counts.Succeeded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_OfARunThatIsNotThere_SayNotFound(bool http)
    {
        await using var connected = http ? _host.Connect() : null;
        var run = (connected ?? _host.Client).GetDatasetRun("r-nobody");

        foreach (
            var call in new Func<Task>[]
            {
                () => run.GetStatusAsync(Limit),
                () => run.AddAsync(Entries(1, _ => null), cancellationToken: Limit),
                () => run.CancelAsync(Limit),
                () => run.ResumeAsync(Limit),
                () => run.RetryAsync(Limit),
                () => run.DeleteAsync(Limit),
                async () => await run.ListItemsAsync(cancellationToken: Limit).CountAsync(Limit),
                async () => await run.WatchAsync(cancellationToken: Limit).CountAsync(Limit),
            }
        )
        {
            Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(call)).Code);
        }
    }

    [Fact]
    public async Task Http_ForeignRun_IsNotThere()
    {
        var (ann, bob) = (await _host.AddKeyAsync("ann"), await _host.AddKeyAsync("bob"));
        await using var mine = _host.Connect(ann);
        await using var others = _host.Connect(bob);
        var run = await mine.CreateDatasetRunAsync(new DatasetRun("shelf", items: 1), Limit);

        Assert.Equal("ann", (await run.GetStatusAsync(Limit)).Owner);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => others.GetDatasetRun(run.Id).CancelAsync(Limit))).Code);
        Assert.Empty(await others.ListDatasetRunsAsync(cancellationToken: Limit).ToListAsync(Limit));
    }

    [Fact]
    public async Task Http_CreateUnderOneKey_IsOneRunAndAnotherRequestIsRefused()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };

        var first = await CreateAsync("k1", 2);
        var again = await CreateAsync("k1", 2);
        var other = await CreateAsync("k1", 3);
        var bad = await CreateAsync("k2", 0);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        var problem = await bad.Content.ReadFromJsonAsync<ProblemDocument>(DocumentJson.Options, Limit);
        Assert.Equal("/items", Assert.Single(problem!.Errors).Pointer);

        async Task<HttpResponseMessage> CreateAsync(string key, int items)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "v1/dataset-runs")
            {
                Content = JsonContent.Create(new { name = "shelf", items }),
                Headers = { { "Idempotency-Key", key } },
            };
            return await http.SendAsync(message, Limit);
        }
    }

    [Fact]
    public async Task Http_ItemsThatCantBe_AreNamedByTheirPointers()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        var run = await _host.Client.CreateDatasetRunAsync(new DatasetRun("shelf", items: 2), Limit);
        const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

        var refused = await AddAsync("aux", Hash, 7);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal(["/items/0/number", "/items/0/id"], refused.Problem.Errors.Select(error => error.Pointer));
        var missing = await AddAsync("one", Hash, 0);
        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.BlobMissing), (missing.Status, missing.Problem.Code));
        Assert.Equal(["/items/0/request/image", "/items/0/request/objects/0/mask"], missing.Problem.Errors.Select(error => error.Pointer));

        async Task<(HttpStatusCode Status, ProblemDocument Problem)> AddAsync(string id, string hash, int number)
        {
            var body = $$"""
                {"items": [{"number": {{number}}, "id": "{{id}}", "request": {"name": "one", "image": "{{hash}}", "model": {"name": "m"},
                "objects": [{"class": "cat", "token": "<cat>", "mask": "{{hash}}"}]
                }
                ]}
                """;
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync($"v1/dataset-runs/{run.Id}/items", content, Limit);
            return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<ProblemDocument>(DocumentJson.Options, Limit))!);
        }
    }

    [Fact]
    public async Task Http_Events_AreTheStatusesUntilTheRunIsAtRest()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        var run = await _host.Client.RunDatasetAsync(new DatasetRun("shelf", items: 3), Entries(3, _ => null), cancellationToken: Limit);

        var text = await http.GetStringAsync($"v1/dataset-runs/{run.Id}/events", Limit);

        var ids = text.Split('\n')
            .Where(line => line.StartsWith("id: ", StringComparison.Ordinal))
            .Select(line => long.Parse(line[4..], CultureInfo.InvariantCulture))
            .ToList();
        Assert.Equal(ids.Order().Distinct(), ids);
        Assert.Equal((await run.GetStatusAsync(Limit)).Version, ids[^1]);
        Assert.Equal(1, text.Split("event: done").Length - 1);
        using var message = new HttpRequestMessage(HttpMethod.Get, $"v1/dataset-runs/{run.Id}/events") { Headers = { { "Last-Event-ID", $"{ids[^1]}" } } };
        Assert.Equal(HttpStatusCode.NoContent, (await http.SendAsync(message, Limit)).StatusCode);
    }

    [Theory]
    [InlineData("items?state=lost&limit=501&changed_since=x&page=2", "page state limit changed_since")]
    [InlineData("items?state=2", "state")]
    [InlineData("?limit=0", "limit")]
    public async Task Http_QueryThatCantBe_IsNamed(string query, string fields)
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        var run = await _host.Client.CreateDatasetRunAsync(new DatasetRun("shelf", items: 2), Limit);

        var answer = await http.GetAsync(query[0] == '?' ? $"v1/dataset-runs{query}" : $"v1/dataset-runs/{run.Id}/{query}", Limit);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<ProblemDocument>(DocumentJson.Options, Limit);
        Assert.Equal(fields.Split(' ').Order(StringComparer.Ordinal), problem!.Errors.Select(error => error.Pointer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Http_ReservedMetadata_AreRefusedFromUsers()
    {
        await using var client = _host.Connect();
        var job = new Implantation(InputFile.Of(Encoding.UTF8.GetBytes("photo"), "photo"))
        {
            Objects = [new("cat", InputFile.Of(Encoding.UTF8.GetBytes("mask"), "mask"))],
            Metadata = new Dictionary<string, string> { [DatasetRules.RunKey] = "r1" },
        };

        var error = await Assert.ThrowsAsync<OneShotException>(() => client.ImplantAsync(job, cancellationToken: Limit));

        Assert.Equal(ErrorCodes.InvalidInput, error.Code);
        Assert.Contains("dataset_run is set for the jobs of a dataset run alone", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Items "item-0" and so on, which share a mask.</summary>
    private static async IAsyncEnumerable<DatasetEntry> Entries(int count, Func<int, string?> photo)
    {
        for (var number = 0; number < count; number++)
        {
            await Task.Yield();
            var image = photo(number) is { } path ? InputFile.At(path) : InputFile.Of(Encoding.UTF8.GetBytes($"photo {number}"), "photo");
            yield return new DatasetEntry(
                number,
                $"item-{number}",
                new Implantation(image)
                {
                    Objects = [new("cat", InputFile.Of(Encoding.UTF8.GetBytes("mask"), "mask"))],
                    Training = new TrainingOptions { Steps = 2 },
                }
            );
        }
    }

    private sealed class Told(List<DatasetRunStatus> seen) : IProgress<DatasetRunStatus>
    {
        public void Report(DatasetRunStatus value) => seen.Add(value);
    }
}
