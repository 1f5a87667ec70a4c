using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Testing.Tests;

/// <summary>What a user's own tests do with the host.</summary>
public sealed class OneShotTestHostTests : IAsyncLifetime
{
    private static readonly byte[] s_pngStart = [0x89, (byte)'P', (byte)'N', (byte)'G'];

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
    public async Task Implant_EitherWay_IsWatchedAndDownloadedWhole(bool http)
    {
        await using var connected = http ? _host.Connect() : null;
        var client = connected ?? _host.Client;
        var folder = Directory.CreateTempSubdirectory("oneshot-testing-").FullName;
        try
        {
            var job = await client.ImplantAsync(Cat(steps: 4), cancellationToken: Limit);
            List<double> losses = [];
            List<long> numbers = [];
            await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
            {
                numbers.Add(progress.Sequence);
                if (progress.Losses is { } loss)
                {
                    losses.Add(loss.Global);
                }
            }

            var result = await job.GetResultAsync(Limit);
            await result.DownloadAsync(folder, cancellationToken: Limit);

            Assert.Equal(Enumerable.Range(1, numbers.Count).Select(i => (long)i), numbers);
            Assert.Equal(4, losses.Count);
            Assert.Equal(losses.OrderDescending(), losses);
            Assert.True(DownloadedResult.IsWhole(folder));
            Assert.Equal(
                ["README.md", "cat.safetensors", "metrics.json", "request.json", "samples/000.png", "samples/001.png", "sheet.png"],
                result.Files.Select(file => file.Path).Order(StringComparer.Ordinal)
            );
            Assert.Equal(s_pngStart, File.ReadAllBytes(Path.Combine(folder, "samples", "001.png"))[..4]);
            Assert.Equal("<cat>", Assert.Single(result.Metrics!.Objects).Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Metrics_ThatATestGives_AreTheResults()
    {
        _host.Engine.Metrics = new JobMetrics { Ia = 0.125 };

        var result = await (await _host.Client.ImplantAsync(Cat(steps: 1), cancellationToken: Limit)).GetResultAsync(Limit);

        Assert.Equal(0.125, result.Metrics?.Ia);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failure_ThatATestGives_IsTheJobs(bool http)
    {
        _host.Engine.Failure = new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty.", "objects[0].mask"));
        await using var connected = http ? _host.Connect() : null;

        var job = await (connected ?? _host.Client).ImplantAsync(Cat(steps: 4), cancellationToken: Limit);
        var error = await Assert.ThrowsAsync<OneShotException>(() => job.GetResultAsync(Limit));

        Assert.Equal((ErrorCodes.InvalidInput, "The mask is empty."), (error.Code, error.Message));
        Assert.Equal("objects[0].mask", error.Detail.Field);
        Assert.Equal(JobState.Failed, (await job.GetStatusAsync(Limit)).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Steps_ByATestsClock_WaitForIt_AndACancelEndsTheWait(bool http)
    {
        var clock = new FakeTimeProvider();
        (_host.Engine.Clock, _host.Engine.StepTime) = (clock, TimeSpan.FromHours(1));
        await using var connected = http ? _host.Connect() : null;
        var job = await (connected ?? _host.Client).ImplantAsync(Cat(steps: 100_000), cancellationToken: Limit);

        var steps = 0;
        await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
        {
            if (progress.Stage == JobState.Preparing)
            {
                await AdvanceAsync(clock, job);
            }
            else if (progress.Losses is not null)
            {
                steps++;
                await job.CancelAsync(Limit);
            }
        }

        Assert.NotEqual(0, steps);
        var error = await Assert.ThrowsAsync<OneShotException>(() => job.GetResultAsync(Limit));
        Assert.Equal(ErrorCodes.Cancelled, error.Code);
        Assert.Equal(JobState.Cancelled, (await job.GetStatusAsync(Limit)).State);
    }

    [Fact]
    public async Task Generation_OverHttp_LeavesItsPictures()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        var request = """{ "model": { "name": "toyworld-64" }, "prompts": ["a cat"], "per_prompt": 2 }""";

        using var submitted = await http.PostAsync("/v1/generations", new StringContent(request, Encoding.UTF8, "application/json"), Limit);
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        using var follow = new HttpRequestMessage(HttpMethod.Get, submitted.Headers.Location + "/events") { Headers = { { "Accept", "text/event-stream" } } };
        using var followed = await http.SendAsync(follow, Limit); // to its end
        using var picture = await http.GetAsync(submitted.Headers.Location + "/files/0002.png", Limit);

        Assert.Equal(HttpStatusCode.OK, picture.StatusCode);
        Assert.Equal(s_pngStart, (await picture.Content.ReadAsByteArrayAsync(Limit))[..4]);
    }

    [Fact]
    public async Task Hosts_TwoAtOnce_KnowNothingOfEachOther()
    {
        await using var other = await OneShotTestHost.StartAsync(Limit);
        other.Engine.Failure = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "The other one's."));

        var job = await _host.Client.ImplantAsync(Cat(steps: 2), cancellationToken: Limit);
        var failing = await other.Client.ImplantAsync(Cat(steps: 2), cancellationToken: Limit);

        Assert.NotEqual(_host.Address, other.Address);
        Assert.Equal(2, (await job.GetResultAsync(Limit)).Status.Step);
        Assert.Equal("The other one's.", (await Assert.ThrowsAsync<OneShotException>(() => failing.GetResultAsync(Limit))).Message);
        var stranger = await Assert.ThrowsAsync<OneShotException>(() => other.Client.GetImplantation(job.Id).GetStatusAsync(Limit));
        Assert.Equal(ErrorCodes.NotFound, stranger.Code);
    }

    [Fact]
    public async Task Keys_OfTwoOwners_PartTheirJobs_AndWithoutOneNobodyIsLetIn()
    {
        var (ann, ben) = (await _host.AddKeyAsync("ann"), await _host.AddKeyAsync("ben", KeyScopes.JobsRead));
        await using var ofAnn = _host.Connect(ann);
        await using var ofBen = _host.Connect(ben);
        await using var nobody = _host.Connect();

        var job = await ofAnn.ImplantAsync(Cat(steps: 1), cancellationToken: Limit);

        Assert.Equal("ann", (await job.GetStatusAsync(Limit)).Request.Owner);
        await RefusedAsync(HttpStatusCode.NotFound, () => ofBen.GetImplantation(job.Id).GetStatusAsync(Limit));
        await RefusedAsync(HttpStatusCode.Forbidden, () => ofBen.ImplantAsync(Cat(steps: 1), cancellationToken: Limit));
        await RefusedAsync(HttpStatusCode.Unauthorized, () => nobody.GetImplantation(job.Id).GetStatusAsync(Limit));
    }

    [Fact]
    public async Task Dispose_WithAJobThatRuns_EndsItAndLeavesNoFolder()
    {
        await using var host = await OneShotTestHost.StartAsync(Limit);
        host.Engine.StepTime = TimeSpan.FromHours(1);
        var job = await host.Client.ImplantAsync(Cat(steps: 2), cancellationToken: Limit);
        await foreach (var progress in job.WatchAsync(cancellationToken: Limit))
        {
            if (progress.Stage == JobState.Preparing)
            {
                break;
            }
        }

        await host.DisposeAsync().AsTask().WaitAsync(Limit);

        Assert.False(Directory.Exists(host.Folder));
    }

    internal static Implantation Cat(int steps) =>
        new(InputFile.Of("a photo"u8.ToArray(), "cat.png"))
        {
            Objects = [new("cat", InputFile.Of("a mask"u8.ToArray(), "cat-mask.png"))],
            Prompts = ["a <cat> on the beach", "a <cat> in the snow"],
            Training = new TrainingOptions { Steps = steps },
            Samples = new SampleOptions { PerPrompt = 1 },
        };

    // The step's wait begins after its stage is told: time goes on until the step is done.
    private async Task AdvanceAsync(FakeTimeProvider clock, ImplantationHandle job)
    {
        while ((await job.GetStatusAsync(Limit)).Step == 0)
        {
            clock.Advance(TimeSpan.FromHours(1));
        }
    }

    private static async Task RefusedAsync(HttpStatusCode status, Func<Task> call) =>
        Assert.Equal((int)status, (await Assert.ThrowsAsync<OneShotException>(call)).Status);
}
