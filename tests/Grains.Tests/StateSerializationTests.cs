using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Access;
using OrleansOneShot.Grains.Catalog;
using OrleansOneShot.Grains.Datasets;
using OrleansOneShot.Grains.Estimates;
using OrleansOneShot.Grains.Implantations;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.Grains.Paging;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Webhooks;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Tests;

/// <summary>States must come back the same from both formats that a storage provider may use.</summary>
public sealed class StateSerializationTests
{
    private static readonly DateTimeOffset s_time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1234567);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Job_RoundTrip_IsTheSame(bool json)
    {
        var lease = new SlotLease("S127.0.0.1:1:2", 0, "j", 3, s_time);
        var state = new ImplantationState
        {
            Request = TestWorld.Request() with
            {
                Metadata = new Dictionary<string, string> { ["run"] = "7", ["B"] = "" },
                Objects = [.. TestWorld.Request().Objects, TestWorld.Request().Objects[0] with { Mask = null, Box = [1, 2, 30, 40] }],
            },
            State = JobState.Training,
            Epoch = 3,
            Lease = lease,
            Checkpoint = new CheckpointReference(2, 40, "jobs/j/epochs/2/checkpoint-000040.safetensors", 1L << 33, new string('c', 64)),
            Created = s_time,
            Error = new ErrorDetail("failed", "why", "field", "hint"),
            Warnings = ["one", "two"],
            Files = [new JobFile("a/b", 5, new string('d', 64))],
            Metrics = new JobMetrics { Ia = 0.25, Objects = [new ObjectMetrics { Token = "<cat>", Class = "cat" }] },
            Deaths = 2,
            History = ["x"],
            Previous = new CheckpointReference(1, 20, "jobs/j/epochs/1/checkpoint-000020.safetensors", 1L << 33, new string('d', 64)),
            Settled = new SettledRun(new string('e', 64), Precision.Bf16, "{\"asked\":\"auto\"}", new string('a', 64)) { Masks = "x:1", Defaults = "{}" },
            Reached = 50,
            ManifestBytes = [1, 2, 3],
            Manifest = new JobFile("manifest.json", 3, new string('f', 64)),
            Faults = [new SiloFault("S127.0.0.1:1:2", "epoch 1 stopped")],
            OutageTime = TimeSpan.FromSeconds(90),
            WebhooksTold = true,
            Retries = 4,
        };
        var back = RoundTrip(state, json);
        Assert.Equivalent(state, back, strict: true);
        Assert.Equal(["B", "run"], back.Request!.Metadata.Keys);
        Assert.Empty(RoundTrip(new ImplantationState { Request = TestWorld.Request() }, json).Request!.Metadata);
        Assert.Equal(lease, back.Lease);
        Assert.Equal(s_time, back.Created);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DatasetRun_RoundTrip_IsTheSame(bool json)
    {
        var row = new DatasetRow
        {
            Request = new DatasetRunRequest
            {
                Name = "shelf",
                Owner = "ann",
                Items = 7,
                Parallel = 3,
                Metadata = new Dictionary<string, string> { ["season"] = "autumn" },
            },
            State = DatasetRunState.Cancelling,
            Version = 12,
            Created = s_time,
            Finished = s_time,
        };
        var line = new DatasetLine
        {
            Number = 5,
            Id = "shoe-5",
            State = DatasetItemState.Failed,
            Version = 11,
            Attempts = 2,
            Job = "r1-5-2",
            Retries = DatasetLine.NotAsked,
            Error = new ErrorDetail("failed", "why", "field", "hint"),
            Started = s_time,
            Finished = s_time,
            Seconds = 1.5,
            Metrics = new JobMetrics { Ia = 0.25, Objects = [new ObjectMetrics { Token = "<cat>", Class = "cat" }] },
            Wish = [1, 2],
            Batch = [3],
            Place = 4,
        };
        var list = new DatasetCatalogState { Pages = 2 };

        Assert.Equivalent(row, RoundTrip(row, json), strict: true);
        Assert.Equivalent(new Page<DatasetLine> { Items = [line] }, RoundTrip(new Page<DatasetLine> { Items = [line] }, json), strict: true);
        Assert.Equal(list, RoundTrip(list, json));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Generation_RoundTrip_IsTheSame(bool json)
    {
        var state = new ImplantationState
        {
            Generation = new GenerationRequest
            {
                Model = new ModelReference { Name = "m" },
                Implantations = [new ImplantationReference { Id = "x", Scale = 0.5 }],
                Prompts = ["a <cat>"],
                Metadata = new Dictionary<string, string> { ["run"] = "7" },
            },
            Sources = [new GenerationSource("x", 0.5, new JobFile("manifest.json", 3, new string('f', 64)))],
            State = JobState.Sampling,
            Created = s_time,
        };
        Assert.Equivalent(state, RoundTrip(state, json), strict: true);
        Assert.Null(RoundTrip(state, json).Request);
        Assert.Null(RoundTrip(new ImplantationState { Request = TestWorld.Request() }, json).Generation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SchedulerAndCatalog_RoundTrip_AreTheSame(bool json)
    {
        var entry = new QueueEntry("j", "ann", 1, s_time);
        var lease = new SlotLease("s", 1, "j", 2, s_time);
        var scheduler = new SchedulerState
        {
            Queue = [entry],
            Leases = [new LeaseRecord(lease, entry)],
            Served = [new ServedOwner("ann", 9)],
            Grants = 9,
            Lent = [lease with { Silo = "t", Request = 8 }],
            Pages = 3,
            Profiles =
            [
                new MemoryProfile("sd/512", 5)
                {
                    RecentBytes = 6,
                    Jobs = 7,
                    Seen = s_time,
                },
            ],
        };
        Assert.Equivalent(scheduler, RoundTrip(scheduler, json), strict: true);
        var page = new Page<QueueRow>
        {
            Items = [new QueueRow(entry with { Model = "sd", Profile = "sd/512", Device = "cuda", RequiredBytes = 1L << 40, Front = true, Avoid = "s t" }, 12)],
        };
        Assert.Equivalent(page, RoundTrip(page, json), strict: true);
        var catalog = new CatalogState
        {
            Jobs =
            [
                new JobSummary
                {
                    Id = "j",
                    State = JobState.Queued,
                    Created = s_time,
                    Owner = "ann",
                    Name = "n",
                    Metadata = new Dictionary<string, string> { ["run"] = "7" },
                    Kind = JobKind.Generation,
                },
            ],
        };
        Assert.Equivalent(catalog, RoundTrip(catalog, json), strict: true);
        Assert.Empty(RoundTrip(new CatalogState(), json).Jobs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Estimator_RoundTrip_IsTheSame(bool json)
    {
        var state = new EstimatorState { Kinds = [new ProfileRuns("sd", "cuda", [new RunDurations(1.5, 2.5, 3.5, 4, 5, HasDefaultSteps: true)])] };
        Assert.Equivalent(state, RoundTrip(state, json), strict: true);
        Assert.Empty(RoundTrip(new EstimatorState(), json).Kinds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keys_RoundTrip_AreTheSame(bool json)
    {
        var key = new KeyDocument
        {
            Id = "a1",
            Name = "laptop",
            Owner = "ann",
            Scopes = KeyScopes.All,
            Created = s_time,
            Expires = s_time.AddDays(1),
            Revoked = s_time.AddHours(1),
        };
        var keys = new KeyRegistryState { Keys = [new KeyRecord(key, [1, 2, 3], TimeSpan.FromDays(1))] };
        Assert.Equivalent(keys, RoundTrip(keys, json), strict: true);
        Assert.Empty(RoundTrip(new KeyRegistryState(), json).Keys);
        var uses = new KeyUsesState { Uses = [new KeyUse("a1", s_time)] };
        Assert.Equivalent(uses, RoundTrip(uses, json), strict: true);
        Assert.Empty(RoundTrip(new KeyUsesState(), json).Uses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Webhooks_RoundTrip_AreTheSameAndShowNoSecret(bool json)
    {
        var told = new WebhookDelivery
        {
            Id = "msg_1",
            Type = WebhookEvents.Failed,
            Job = "j1",
            Status = WebhookDeliveryStatus.Pending,
            Time = s_time,
            Attempts = 2,
            LastAttempt = s_time,
            ResponseStatus = 500,
            Reason = "why",
            NextAttempt = s_time.AddSeconds(5),
        };
        var webhook = new WebhookState
        {
            Request = new WebhookRequest
            {
                Url = "https://example.com/hidden?part=1",
                Events = [WebhookEvents.Failed],
                Description = "mine",
            },
            Owner = "ann",
            Secret = [77, 78, 79],
            Created = s_time,
            Disabled = s_time,
            Waiting = [new WaitingDelivery(told, [1, 2])],
            Ended = [told with { Status = WebhookDeliveryStatus.Delivered, NextAttempt = null }],
        };
        var back = RoundTrip(webhook, json);
        Assert.Equivalent(webhook, back, strict: true);
        Assert.Equal("WebhookState { Owner = ann, Request = WebhookRequest { Url = https://example.com/... }, Waiting = 1, Ended = 1 }", back.ToString());
        Assert.Null(RoundTrip(new WebhookState(), json).Request);
        var list = new OwnerWebhooksState { Webhooks = [new OwnedWebhook("wh_1", WebhookEvents.All, s_time)] };
        Assert.Equivalent(list, RoundTrip(list, json), strict: true);
        Assert.Empty(RoundTrip(new OwnerWebhooksState(), json).Webhooks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ModelPull_RoundTrip_IsTheSame(bool json)
    {
        var pull = new ModelPullRecord
        {
            Wanted = new ModelPullRequest
            {
                Repository = "toys/tiny",
                Revision = "v1",
                Fp16 = true,
            },
            State = ModelPullState.Failed,
            Started = s_time,
            Finished = s_time.AddHours(1),
            Error = new ErrorDetail("failed", "why", "field", "hint"),
            Bytes = 1L << 33,
        };
        Assert.Equal(pull, RoundTrip(pull, json));
        Assert.Equal(new ModelPullRecord(), RoundTrip(new ModelPullRecord(), json));
    }

    private static T RoundTrip<T>(T state, bool json)
    {
        using var services = new ServiceCollection().AddSerializer().AddSingleton<OrleansJsonSerializer>().AddOptions().BuildServiceProvider();
        IGrainStorageSerializer serializer = json
            ? ActivatorUtilities.CreateInstance<JsonGrainStorageSerializer>(services)
            : ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
        return serializer.Deserialize<T>(serializer.Serialize(state))!;
    }
}
