using System.Security.Cryptography;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.EndToEnd.Tests.Clients;

public sealed class ClientOfOneProcessOverHttpTests(EmbeddedOverHttp server) : ClientTests(server), IClassFixture<EmbeddedOverHttp>;

public sealed class ClientOfOneProcessByGatewayTests(EmbeddedByGateway server) : ClientTests(server), IClassFixture<EmbeddedByGateway>;

public sealed class ClientOfAClusterOverHttpTests(ClusterOverHttp server) : ClientTests(server), IClassFixture<ClusterOverHttp>;

public sealed class ClientOfAClusterByGatewayTests(ClusterByGateway server) : ClientTests(server), IClassFixture<ClusterByGateway>;

/// <summary>What a client promises, whatever the way to the server and whatever the server.</summary>
public abstract partial class ClientTests(ClientServer server)
{
    /// <summary>Far more steps than a test waits for.</summary>
    private const int Endless = 100_000;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Limit => new CancellationTokenSource(s_limit).Token;

    [Fact]
    public async Task Implant_OfFiles_IsFollowedToItsEndAndDownloadedWhole()
    {
        using var folder = new TestFolder();
        var job = await server.Client.ImplantAsync(Cat(steps: 3), cancellationToken: Limit);

        List<ProgressEvent> events = [];
        await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
        {
            events.Add(progress);
        }

        var result = await job.GetResultAsync(Limit);
        await result.DownloadAsync(folder.Out, cancellationToken: Limit);

        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(progress => progress.Sequence));
        Assert.Equal(JobState.Succeeded, events[^1].Stage);
        Assert.Equal([1, 2, 3], events.Where(progress => progress.Losses is not null).Select(progress => progress.Step));
        Assert.Equal(3, result.Status.Step);
        Assert.True(DownloadedResult.IsWhole(folder.Out));
        Assert.Contains("cat.safetensors", result.Files.Select(file => file.Path));

        await using var content = await result.OpenAsync("sheet.png", Limit);
        var sheet = Assert.Single(result.Files, file => file.Path == "sheet.png");
        Assert.Equal(sheet.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, Limit)));

        // Behind the end there is nothing, and nobody waits for it.
        await foreach (var more in job.WatchAsync(events.Count + 1, Limit))
        {
            Assert.Fail($"Event {more.Sequence} came behind the end.");
        }

        await job.DeleteAsync(Limit);
        await IsAsync(ErrorCodes.NotFound, () => job.GetStatusAsync(Limit));
    }

    [Fact]
    public async Task Generate_OfAModelAlone_IsDownloadedWhole_AndTheServerTellsOfItself()
    {
        using var folder = new TestFolder();
        var job = await server.Client.GenerateAsync(new Client.Generations.Generation("a cat on the beach") { Steps = 2, Seed = 7 }, Limit);
        var result = await job.GetResultAsync(Limit);
        await result.DownloadAsync(folder.Out, cancellationToken: Limit);

        Assert.Equal("0001.png", Assert.Single(result.Pictures).Path);
        Assert.True(DownloadedResult.IsWhole(folder.Out));
        Assert.Contains("toyworld-64", (await server.Client.Models.ListAsync(Limit)).Select(model => model.Name));
        var silos = (await server.Client.Cluster.GetSilosAsync(Limit)).Silos;
        Assert.Equal(silos.Sum(silo => silo.Slots), (await server.Client.Cluster.GetSlotsAsync(Limit)).Slots.Count);
        Assert.DoesNotContain(job.Id, (await server.Client.Cluster.GetQueueAsync(Limit)).Queue.Select(entry => entry.Id));

        var hook = await server.Client.Webhooks.CreateAsync(new WebhookRequest { Url = "https://example.com/hooks" }, Limit);
        Assert.Contains(hook.Webhook.Id, (await server.Client.Webhooks.ListAsync(Limit)).Select(one => one.Id));
        await server.Client.Webhooks.DeleteAsync(hook.Webhook.Id, Limit);

        // No key is made here: from then on the other tests would need one.
        Assert.Empty(await server.Client.Keys.ListAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, () => server.Client.Keys.RevokeAsync("nobodys", Limit));
    }

    [Fact]
    public async Task Implant_OfNoSteps_WatchedFromTheMiddle_GoesOnThere()
    {
        var job = await server.Client.ImplantAsync(Cat(steps: 2, prompts: false), cancellationToken: Limit);
        var last = (await job.GetResultAsync(Limit)).Status.LastSequence;

        List<long> seen = [];
        await foreach (var progress in server.Client.GetImplantation(job.Id).WatchAsync(last - 1, Limit))
        {
            seen.Add(progress.Sequence);
        }

        Assert.Equal([last - 1, last], seen);
    }

    [Fact]
    public async Task Implant_TwiceUnderOneKey_IsOneJob_AndAnotherRequestAConflict()
    {
        var key = Guid.NewGuid().ToString();
        var first = await server.Client.ImplantAsync(Cat(Endless, key), cancellationToken: Limit);
        var second = await server.Client.ImplantAsync(Cat(Endless, key), cancellationToken: Limit);
        var other = await IsAsync(ErrorCodes.Conflict, () => server.Client.ImplantAsync(Cat(Endless - 1, key), cancellationToken: Limit));

        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual("", other.Message);
        await first.CancelAsync(Limit);
    }

    [Fact]
    public async Task Cancel_EndsTheJob_WhichHasNoResult()
    {
        var job = await server.Client.ImplantAsync(Cat(Endless), cancellationToken: Limit);
        await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
        {
            if (progress.Losses is not null)
            {
                await job.CancelAsync(Limit);
            }
        }

        await IsAsync(ErrorCodes.Cancelled, () => job.GetResultAsync(Limit));
        Assert.Equal(JobState.Cancelled, (await job.GetStatusAsync(Limit)).State);

        Assert.Equal(1, (await job.RetryAsync(Limit)).Retries);
        await IsAsync(ErrorCodes.Conflict, () => job.RetryAsync(Limit));
        await job.CancelAsync(Limit);
    }

    [Fact]
    public async Task Delete_OfARunningJob_IsAConflict()
    {
        var job = await server.Client.ImplantAsync(Cat(Endless), cancellationToken: Limit);

        await IsAsync(ErrorCodes.Conflict, () => job.DeleteAsync(Limit));

        await job.CancelAsync(Limit);
    }

    [Fact]
    public async Task List_ByStateAndMetadata_FindsTheJob()
    {
        var label = Guid.NewGuid().ToString("N");
        var job = await server.Client.ImplantAsync(Cat(Endless, label: label), cancellationToken: Limit);
        await server.Client.ImplantAsync(Cat(1, label: label + "-other", prompts: false), cancellationToken: Limit);
        await job.CancelAsync(Limit);

        List<string> found = [];
        var query = new JobQuery
        {
            State = JobState.Cancelled,
            PageSize = 1,
            Metadata = new Dictionary<string, string> { ["label"] = label },
        };
        // The list learns of the end when the job has told it.
        while (found.Count == 0)
        {
            Limit.ThrowIfCancellationRequested();
            await foreach (var listed in server.Client.ListImplantationsAsync(query, Limit))
            {
                found.Add(listed.Id);
            }
        }

        Assert.Equal([job.Id], found);
    }

    [Fact]
    public async Task Implant_OfFieldsThatCantBe_IsRefusedWithAllOfThem()
    {
        var wrong = new Client.Implantations.Implantation(Repository.Sample("cat.png"))
        {
            Objects = [new("cat", Repository.Sample("cat-mask.png"))],
            Priority = 1000,
            Training = new TrainingOptions { Steps = -1 },
        };

        var refused = await IsAsync(ErrorCodes.InvalidInput, () => server.Client.ImplantAsync(wrong, cancellationToken: Limit));

        Assert.Equal(["priority", "training.steps"], refused.Fields.Select(field => field.Pointer));
    }

    [Fact]
    public async Task Implant_OfAModelThatIsNotThere_Fails_AndTheResultSaysWhy()
    {
        var unknown = new Client.Implantations.Implantation(Repository.Sample("cat.png"))
        {
            Objects = [new("cat", Repository.Sample("cat-mask.png"))],
            Model = "no-such-model",
        };

        var job = await server.Client.ImplantAsync(unknown, cancellationToken: Limit);
        var failed = await Assert.ThrowsAsync<OneShotException>(() => job.GetResultAsync(Limit));

        Assert.Contains("no-such-model", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("never-submitted")]
    [InlineData("../jobs")]
    [InlineData("a job")]
    public async Task Calls_OfAJobThatIsNotThere_SayNotFound(string id)
    {
        var job = server.Client.GetImplantation(id);

        await IsAsync(ErrorCodes.NotFound, () => job.GetStatusAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, () => job.CancelAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, () => job.DeleteAsync(Limit));
        await IsAsync(ErrorCodes.NotFound, async () => await job.WatchAsync(cancellationToken: Limit).GetAsyncEnumerator(Limit).MoveNextAsync());
    }

    private static Client.Implantations.Implantation Cat(int steps, string? key = null, string? label = null, bool prompts = true) =>
        new(Repository.Sample("cat.png"))
        {
            Objects = [new("cat", Repository.Sample("cat-mask.png"))],
            Prompts = prompts ? ["a photo of <cat>"] : [],
            Seed = 7,
            IdempotencyKey = key,
            Metadata = label is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["label"] = label },
            Training = new TrainingOptions { Steps = steps, Precision = Precision.Fp32 },
            Samples = new SampleOptions { PerPrompt = prompts ? 1 : 0, Steps = 4 },
        };

    private static async Task<OneShotException> IsAsync(string code, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(call);
        Assert.True(error.Code == code, $"{error.Code}: {error.Message}");
        return error;
    }
}
