using OrleansOneShot.Client;
using OrleansOneShot.Client.Generations;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Testing.Tests;

public sealed class UseCasesByGatewayTests : UseCaseTests
{
    protected override IOneShotClient Open(OneShotTestHost host) => host.Client;
}

public sealed class UseCasesOverHttpTests : UseCaseTests
{
    protected override IOneShotClient Open(OneShotTestHost host) => host.Connect();
}

/// <summary>What a client does with a server beside training, the same over both ways.</summary>
public abstract class UseCaseTests : IAsyncLifetime
{
    // Only against hanging for ever.
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-testing-").FullName;
    private OneShotTestHost _host = null!;
    private IOneShotClient _client = null!;

    private CancellationToken Limit => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _host = await OneShotTestHost.StartAsync(Limit);
        _client = Open(_host);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _host.DisposeAsync();
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Generate_WithAnImplantation_IsFollowedDownloadedListedAndDeleted()
    {
        var trained = await _client.ImplantAsync(Cat(), cancellationToken: Limit);
        await trained.GetResultAsync(Limit);
        var wanted = new Generation("a <cat> at sea", "a <cat> in space")
        {
            Implantations = [new ImplantationReference { Id = trained.Id }],
            PerPrompt = 2,
            Metadata = new Dictionary<string, string> { ["run"] = "7" },
            IdempotencyKey = "drawn-once",
        };

        var job = await _client.GenerateAsync(wanted, Limit);
        var again = await _client.GenerateAsync(wanted, Limit);
        List<long> numbers = [];
        await foreach (var progress in _client.GetGeneration(job.Id).WatchAsync(cancellationToken: Limit))
        {
            numbers.Add(progress.Sequence);
        }

        var result = await job.GetResultAsync(Limit);
        await result.DownloadAsync(_folder, cancellationToken: Limit);

        Assert.Equal(job.Id, again.Id);
        Assert.Equal(Enumerable.Range(1, numbers.Count).Select(i => (long)i), numbers);
        Assert.Equal("toyworld-64", result.Status.Request.Model.Name);
        Assert.Equal(["0001.png", "0002.png", "0003.png", "0004.png"], result.Pictures.Select(picture => picture.Path));
        Assert.True(DownloadedResult.IsWhole(_folder));
        await using var picture = await result.OpenAsync("0002.png", Limit);
        Assert.Equal(0x89, picture.ReadByte());
        Assert.Equal([job.Id], await IdsAsync(_client.ListGenerationsAsync(new JobQuery { Metadata = wanted.Metadata }, Limit)));
        Assert.Equal([trained.Id], await IdsAsync(_client.ListImplantationsAsync(cancellationToken: Limit)));
        await IsAsync(ErrorCodes.NotFound, () => _client.GetImplantation(job.Id).GetStatusAsync(Limit));

        await job.DeleteAsync(Limit);
        await IsAsync(ErrorCodes.NotFound, () => job.GetStatusAsync(Limit));
    }

    [Fact]
    public async Task Generate_WithWhatIsNotThere_OrUnderAnUsedKey_IsRefused()
    {
        var stranger = new Generation("a cat") { Model = "toyworld-64", Implantations = [new ImplantationReference { Id = "nobodys" }] };
        await IsAsync(ErrorCodes.NotFound, () => _client.GenerateAsync(stranger, Limit));
        await _client.GenerateAsync(new Generation("a cat") { IdempotencyKey = "k" }, Limit);
        await IsAsync(ErrorCodes.Conflict, () => _client.GenerateAsync(new Generation("a dog") { IdempotencyKey = "k" }, Limit));
    }

    [Fact]
    public async Task Retry_OfAFailedJob_RunsItAgain_AndOfOneThatSucceededIsAConflict()
    {
        _host.Engine.Failure = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "Out of memory."));
        var job = await _client.ImplantAsync(Cat(), cancellationToken: Limit);
        await IsAsync(ErrorCodes.Failed, () => job.GetResultAsync(Limit));
        _host.Engine.Failure = null;

        var retried = await job.RetryAsync(Limit);
        var result = await job.GetResultAsync(Limit);

        Assert.Equal(1, retried.Retries);
        Assert.Equal(JobState.Succeeded, result.Status.State);
        await IsAsync(ErrorCodes.Conflict, () => job.RetryAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, () => _client.GetImplantation("nobodys").RetryAsync(Limit));
    }

    [Fact]
    public async Task Estimate_TellsWhatWouldBeUploaded_AndCreatesNothing()
    {
        var estimate = await _client.EstimateAsync(Cat(), Limit);

        // Photo and mask of the job are two files.
        Assert.Equal(2, estimate.MissingBlobs.Length);
        Assert.Empty(await IdsAsync(_client.ListImplantationsAsync(cancellationToken: Limit)));
    }

    [Fact]
    public async Task Webhooks_AreMadeListedAndDeleted()
    {
        var made = await _client.Webhooks.CreateAsync(new WebhookRequest { Url = "https://example.com/hooks", Description = "mine" }, Limit);

        Assert.StartsWith("whsec_", made.Secret, StringComparison.Ordinal);
        Assert.Equal(made.Webhook.Id, Assert.Single(await _client.Webhooks.ListAsync(Limit)).Id);
        Assert.Equal("mine", (await _client.Webhooks.GetAsync(made.Webhook.Id, Limit)).Description);
        await IsAsync(ErrorCodes.InvalidInput, () => _client.Webhooks.CreateAsync(new WebhookRequest { Url = "nonsense" }, Limit));
        await _client.Webhooks.DeleteAsync(made.Webhook.Id, Limit);
        Assert.Empty(await _client.Webhooks.ListAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, () => _client.Webhooks.GetAsync(made.Webhook.Id, Limit));
    }

    [Fact]
    public async Task Keys_AreMadeListedRotatedAndRevoked()
    {
        // The first key closes the door to callers without one.
        var made = await _client.Keys.CreateAsync(
            new KeyRequest
            {
                Owner = "operator",
                Name = "website",
                Scopes = KeyScopes.All,
            },
            Limit
        );
        await using var http = _host.Connect(made.Secret);
        var keys = _client == _host.Client ? _client.Keys : http.Keys;

        var next = await keys.RotateAsync(made.Key.Id, TimeSpan.FromHours(1), Limit);
        var listed = await keys.ListAsync(Limit);
        await keys.RevokeAsync(next.Key.Id, Limit);

        Assert.Equal([made.Key.Id, next.Key.Id], listed.Select(key => key.Id));
        Assert.InRange(listed[0].Expires!.Value - next.Key.Created, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        Assert.Equal(KeyScopes.All, next.Key.Scopes.ToArray());
        Assert.NotNull((await keys.ListAsync(Limit)).Single(key => key.Id == next.Key.Id).Revoked);
        await IsAsync(ErrorCodes.Conflict, () => keys.RotateAsync(next.Key.Id, cancellationToken: Limit));
        await IsAsync(ErrorCodes.NotFound, () => keys.RevokeAsync("nobodys", Limit));
    }

    [Fact]
    public async Task Cluster_TellsItsSilosSlotsAndQueue()
    {
        var silo = Assert.Single((await _client.Cluster.GetSilosAsync(Limit)).Silos);
        var slot = Assert.Single((await _client.Cluster.GetSlotsAsync(Limit)).Slots);

        Assert.Equal((1, silo.Address, "cpu"), (silo.Slots, slot.Silo, slot.Device));
        Assert.Empty((await _client.Cluster.GetQueueAsync(Limit)).Queue);
    }

    [Fact]
    public async Task Models_ThatAreSent_AreListed_AndNotSentAgain()
    {
        var folder = Path.Combine(_folder, "my-clip");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), "{}", Limit);
        await File.WriteAllTextAsync(Path.Combine(folder, "model.safetensors"), "weights", Limit);

        var sent = await _client.Models.SendAsync(new ModelDirectory(folder), "my-clip", cancellationToken: Limit);
        var again = await _client.Models.SendAsync(new ModelDirectory(folder), cancellationToken: Limit);
        var known = await _client.Models.GetAsync("my-clip", Limit);

        Assert.Equal(("my-clip", 9L), (sent.Name, sent.Sent));
        Assert.Equal(("my-clip", 0L), (again.Name, again.Sent));
        Assert.Equal((true, 9L), (known.Shared, known.Bytes));
        Assert.Equal(["config.json", "model.safetensors"], known.Files.Select(file => file.Path));
        Assert.Contains("my-clip", (await _client.Models.ListAsync(Limit)).Select(model => model.Name));
        await IsAsync(ErrorCodes.NotFound, () => _client.Models.GetAsync("nobodys", Limit));
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), "{ }", Limit);
        await IsAsync(ErrorCodes.Conflict, () => _client.Models.SendAsync(new ModelDirectory(folder), "my-clip", cancellationToken: Limit));
    }

    protected abstract IOneShotClient Open(OneShotTestHost host);

    private static Implantation Cat() =>
        new(InputFile.Of("a photo"u8.ToArray(), "cat.png"))
        {
            Objects = [new("cat", InputFile.Of("a mask"u8.ToArray(), "cat-mask.png"))],
            Training = new TrainingOptions { Steps = 2 },
        };

    private static async Task<List<string>> IdsAsync(IAsyncEnumerable<JobSummary> jobs)
    {
        List<string> ids = [];
        await foreach (var job in jobs)
        {
            ids.Add(job.Id);
        }

        return ids;
    }

    private static async Task<OneShotException> IsAsync(string code, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(call);
        Assert.True(error.Code == code, $"{error.Code}: {error.Message}");
        return error;
    }
}
