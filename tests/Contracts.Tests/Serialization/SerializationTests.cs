using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.FanOut;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit;

namespace OrleansOneShot.Contracts.Tests.Serialization;

public sealed class SerializationTests : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    [Fact]
    public void OneShotException_RoundTrip_KeepsItsDetail()
    {
        var detail = new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty.", "mask", "Paint something.");
        var back = RoundTrip(new OneShotException(detail));
        Assert.Equal(detail, back.Detail);
        Assert.Equal("The mask is empty.", back.Message);
        Assert.Null(back.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(60), RoundTrip(new OneShotException(detail) { RetryAfter = TimeSpan.FromSeconds(60) }).RetryAfter);
    }

    [Fact]
    public void ErrorDetail_Serialised_HasTheBytesOfEarlierVersions()
    {
        // States of jobs hold errors.
        var serializer = _services.GetRequiredService<Serializer<ErrorDetail>>();
        var detail = new ErrorDetail(ErrorCodes.Failed, "It failed.", "lr", "Try again.");
        Assert.StartsWith(
            "20E8400D6661696C656441154974206661696C65642E41056C72411554727920616761696E2E",
            Convert.ToHexString(serializer.SerializeToArray(detail)),
            StringComparison.Ordinal
        );
        Assert.Equal(detail, serializer.Deserialize(serializer.SerializeToArray(detail)));
    }

    // States of jobs hold requests: these bytes were written by the serializers that were once generated for the records.
    [Fact]
    public void Options_OfEarlierVersions_AreRead()
    {
        Assert.Equal(
            new MethodOptions { Vectors = 3, MaskNormalisation = MaskNormalisation.Mean },
            Read<MethodOptions>("20E8000301030103010DC10101010101010181000000000000F03F81000000000000F03FC101C1010101E0")
        );
        Assert.Equal(
            new TrainingOptions
            {
                Steps = 5,
                Schedule = LearningRateSchedule.Cosine,
                Precision = Precision.Bf16,
            },
            Read<TrainingOptions>("20E80015C1010111C1010101C101817B14AE47E17A843F010941096175746F0129010521E800010101E0C101E0")
        );
        Assert.Equal(["a"], Read<SampleOptions>("20E820200003410361E0E00109410B64706D2B2BC101C101E0").Prompts);
        Assert.Equal(new FanOutOptions { Mode = FanOutMode.Periodic, Period = 7 }, Read<FanOutOptions>("20E8000D011DE0"));
    }

    [Fact]
    public void Options_RoundTrip_KeepEverySetting()
    {
        Assert.All(OtherSetting.All<MethodOptions>(), other => Assert.Equal(other.In<MethodOptions>(), RoundTrip(other.In<MethodOptions>())));
        Assert.All(OtherSetting.All<TrainingOptions>(), other => Assert.Equal(other.In<TrainingOptions>(), RoundTrip(other.In<TrainingOptions>())));
        Assert.All(
            OtherSetting.All<SampleOptions>(),
            other =>
                Assert.Equal(other.Setting.Property.GetValue(other.In<SampleOptions>()), other.Setting.Property.GetValue(RoundTrip(other.In<SampleOptions>())))
        );
    }

    // A field that a later version has added is passed over, and the others are read.
    [Fact]
    public void Options_WithAFieldOfALaterVersion_AreRead() =>
        Assert.Equal(new FanOutOptions { Mode = FanOutMode.Periodic, Period = 7 }, Read<FanOutOptions>("20E8000D011D050BE0"));

    [Fact]
    public void Metadata_RoundTrip_KeepPairsAndOrder()
    {
        var metadata = new Dictionary<string, string>
        {
            ["run"] = "7",
            ["B"] = "",
            ["a"] = "x",
        };
        var request = new ImplantationRequest
        {
            Name = "cat",
            Image = "",
            Objects = [],
            Model = new ModelReference { Name = "m" },
        };
        Assert.Empty(RoundTrip(request).Metadata);
        Assert.Equal(metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal), RoundTrip(request with { Metadata = metadata }).Metadata);
        Assert.Equal(["B", "a", "run"], RoundTrip(new JobQuery { Metadata = metadata }).Metadata.Keys);
    }

    [Fact]
    public void Generation_RoundTrip_KeepsEveryField()
    {
        var request = new GenerationRequest
        {
            Name = "snow",
            Owner = "ann",
            Priority = 3,
            Seed = 7,
            Model = new ModelReference { Name = "m" },
            Implantations = [new ImplantationReference { Id = "x", Scale = -0.5 }],
            Prompts = ["a <cat>", ""],
            NegativePrompt = "blurred",
            PerPrompt = 4,
            Scheduler = "euler",
            Steps = 9,
            GuidanceScale = 2.5,
            PersonalizationGuidance = 1.5,
            Metadata = new Dictionary<string, string> { ["run"] = "7" },
        };
        Assert.Equivalent(request, RoundTrip(request), strict: true);
        var status = new GenerationStatus
        {
            Id = "g",
            State = JobState.Succeeded,
            Request = request,
            Epoch = 2,
            Step = 3,
            Steps = 4,
            Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Waiting = "waits",
            Warnings = ["w"],
            Files = [new JobFile("0001.png", 5, new string('d', 64))],
            Seconds = 6,
            LastSequence = 7,
            Manifest = new JobFile("manifest.json", 3, new string('f', 64)),
        };
        Assert.Equivalent(status, RoundTrip(status), strict: true);
        Assert.Equal(JobKind.Implantation, RoundTrip(new JobQuery()).Kind);
        Assert.Null(RoundTrip(new JobQuery { Kind = null }).Kind);
    }

    [Fact]
    public void NewKey_RoundTrip_KeepsKeyAndSecret()
    {
        var key = new KeyDocument
        {
            Id = "a1",
            Name = "laptop",
            Owner = "ann",
            Scopes = [KeyScopes.JobsRead, KeyScopes.Admin],
            Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            LastUsed = new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero),
        };
        var back = RoundTrip(new NewKey(key, "os1_a1_x"));
        Assert.Equal("os1_a1_x", back.Secret);
        Assert.Equivalent(key, back.Key, strict: true);
        Assert.Equal(
            """{"key":{"id":"a1","name":"laptop","owner":"ann","scopes":["jobs:read","admin"],"created":"2026-01-02T03:04:05+00:00","expires":null,"last_used":"2026-01-02T03:04:06+00:00","revoked":null},"secret":"os1_a1_x"}""",
            JsonSerializer.Serialize(back, s_json)
        );
    }

    [Fact]
    public void Webhooks_RoundTrip_KeepEverything()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var delivery = new WebhookDelivery
        {
            Id = "msg_1",
            Type = WebhookEvents.Failed,
            Job = "j1",
            Status = WebhookDeliveryStatus.Failed,
            Time = time,
            Attempts = 2,
            LastAttempt = time,
            ResponseStatus = 500,
            Reason = "why",
            NextAttempt = time,
        };
        var webhook = new WebhookDocument
        {
            Id = "wh_1",
            Url = "https://example.com/hooks",
            Events = [WebhookEvents.Failed],
            Description = "mine",
            Created = time,
            Disabled = time,
            Deliveries = [delivery],
        };
        Assert.Equivalent(new NewWebhook(webhook, "whsec_x"), RoundTrip(new NewWebhook(webhook, "whsec_x")), strict: true);
        Assert.Empty(RoundTrip(webhook with { Deliveries = [] }).Deliveries);
        var job = new WebhookJob
        {
            Id = "j1",
            State = JobState.Failed,
            Owner = "ann",
            Name = "cat",
            Metadata = new Dictionary<string, string> { ["run"] = "7" },
            Created = time,
            Started = time,
            Finished = time,
            Error = new ErrorDetail(ErrorCodes.Failed, "why"),
        };
        Assert.Equivalent(job, RoundTrip(job), strict: true);
        var request = new WebhookRequest
        {
            Url = "https://example.com/hooks",
            Events = [WebhookEvents.Failed],
            Description = "mine",
        };
        Assert.Equivalent(request, RoundTrip(request), strict: true);
    }

    [Fact]
    public void StaleEpochException_RoundTrip_KeepsItsTypeAndEpochs()
    {
        var back = Assert.IsType<StaleEpochException>(RoundTrip<Exception>(new StaleEpochException("j", 1, 2)));
        Assert.Equal((1L, 2L, ErrorCodes.Conflict), (back.Epoch, back.Current, back.Detail.Code));
        Assert.Equal("Job j is at epoch 2; epoch 1 must stop.", back.Message);
    }

    [Fact]
    public void ProgressJson_RoundTrip_IsTheSame()
    {
        var progress = new ProgressEvent
        {
            Sequence = 7,
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Stage = JobState.Training,
            Step = 3,
            Steps = 9,
            Losses = new TermLosses(0.5, double.NaN, 0),
            Epoch = 2,
            Message = "line one\nline <two>",
        };
        var line = ProgressJson.ToLine(progress);
        Assert.Equal(
            """{"seq":7,"time":"2026-01-02T03:04:05+00:00","stage":"training","step":3,"steps":9,"losses":{"global":0.5,"object":"NaN","class":0},"terms":[{"name":"global","value":0.5},{"name":"object","value":"NaN"},{"name":"class","value":0}],"epoch":2,"message":"line one\nline <two>"}""",
            line
        );
        Assert.Equal(line, ProgressJson.ToLine(ProgressJson.FromLine(line)!));
        Assert.Equal(line, ProgressJson.ToLine(RoundTrip(progress)));
    }

    [Fact]
    public void ProgressJson_LineOfAnEarlierVersion_HasTheLossesByName()
    {
        const string Line =
            """{"seq":7,"time":"2026-01-02T03:04:05+00:00","stage":"training","step":3,"steps":9,"losses":{"global":0.5,"object":2,"class":0},"epoch":2}""";
        Assert.Equal([new TermLoss("global", 0.5), new TermLoss("object", 2), new TermLoss("class", 0)], ProgressJson.FromLine(Line)!.Terms.AsEnumerable());
    }

    [Fact]
    public void ProgressEvent_LossesOfAnotherMethod_KeepTheirOrder()
    {
        var progress = new ProgressEvent
        {
            Sequence = 1,
            Time = DateTimeOffset.UnixEpoch,
            Stage = JobState.Training,
            Terms = [new TermLoss("prior", 2), new TermLoss("global", 1)],
        };

        Assert.Equal(["prior", "global"], RoundTrip(progress).Terms.Select(term => term.Name));
        Assert.Equal(["prior", "global"], ProgressJson.FromLine(ProgressJson.ToLine(progress))!.Terms.Select(term => term.Name));
        Assert.Equal(new TermLosses(1, 0, 0), TermLosses.Of(progress.Terms));
    }

    [Fact]
    public void StepWork_RoundTrip_IsTheSame()
    {
        // A part of a larger buffer: only the part may travel.
        var work = new StepWork("j", 3, 4, [5, 6], new byte[] { 9, 1, 2, 3, 9 }.AsMemory(1, 3));
        var back = RoundTrip(work);
        Assert.Equal((work.JobId, work.Epoch, work.Step), (back.JobId, back.Epoch, back.Step));
        Assert.Equal(work.Terms, back.Terms.AsEnumerable());
        Assert.Equal([1, 2, 3], back.Payload.ToArray());
    }

    [Fact]
    public void TermResult_RoundTrip_IsTheSame()
    {
        var result = new TermResult("j", 3, 4, 5, new byte[] { 9, 1, 2, 3, 9 }.AsMemory(1, 3), [0.5, double.NaN], 1.5);
        var back = RoundTrip(ImmutableArray.Create(result)).Single();
        Assert.Equal(("j", 3L, 4, 5, 1.5), (back.JobId, back.Epoch, back.Step, back.Term, back.Seconds));
        Assert.Equal([1, 2, 3], back.Payload.ToArray());
        Assert.Equal([0.5, double.NaN], back.Losses.AsEnumerable());
        Assert.Empty(RoundTrip(result with { Payload = default, Losses = [] }).Payload.ToArray());
    }

    [Fact]
    public void SchedulerSnapshot_RoundTrip_KeepsWhatIsLent()
    {
        var lease = new SlotLease("s", 1, "j", 2, DateTimeOffset.UnixEpoch);
        var back = RoundTrip(
            new SchedulerSnapshot([], [lease], ImmutableDictionary<string, ImmutableArray<SlotAnnouncement>>.Empty, [lease with { Silo = "t", Request = 3 }])
            {
                Withheld = ImmutableDictionary<string, string>.Empty.Add("s", "its disk is full"),
            }
        );
        Assert.Equal(lease, Assert.Single(back.Leases));
        Assert.Equal(lease with { Silo = "t", Request = 3 }, Assert.Single(back.Lent));
        Assert.Equal("its disk is full", back.Withheld["s"]);
    }

    [Fact]
    public void OneShotException_LongMessage_IsCutAtTheBorder()
    {
        var error = new OneShotException(new ErrorDetail(ErrorCodes.Failed, new string('x', 13_000_000), new string('y', 5000), "see \u001b[31m"));
        Assert.Equal((2000, 2000, "see \uFFFD[31m"), (error.Message.Length, error.Detail.Field!.Length, error.Detail.Hint));
        Assert.Equal(error.Detail.Message, error.Message);
        Assert.Equal(error.Detail, RoundTrip(error.Detail));
    }

    [Theory]
    [InlineData("{\"seq\":7,\"seq\":8,\"time\":\"2026-01-02T03:04:05+00:00\",\"stage\":\"training\",\"step\":1,\"steps\":2}")]
    [InlineData("{\"seq\":7,\"time\":null,\"stage\":\"training\",\"step\":1,\"steps\":2}")]
    [InlineData("{\"seq\":7,\"time\":\"2026-01-02T03:04:05+00:00\",\"stage\":\"training\",\"step\":1,\"steps\":2,\"message\":\"\\ud800\"}")]
    [InlineData("")]
    [InlineData("{\"seq\":7,\"ti")]
    [InlineData("{}")]
    [InlineData("null")]
    public void FromLine_NoEvent_IsNull(string line) => Assert.Null(ProgressJson.FromLine(line));

    public void Dispose() => _services.Dispose();

    private T RoundTrip<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }

    private T Read<T>(string hex) => _services.GetRequiredService<Serializer<T>>().Deserialize(Convert.FromHexString(hex))!;
}
