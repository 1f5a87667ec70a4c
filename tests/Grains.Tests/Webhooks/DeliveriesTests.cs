using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Webhooks;

namespace OrleansOneShot.Grains.Tests.Webhooks;

public sealed class DeliveriesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly WebhookState s_new = new()
    {
        Request = new WebhookRequest { Url = "https://example.com" },
        Owner = "ann",
    };

    [Fact]
    public void Add_Job_WaitsWithItsDocument()
    {
        var job = Job("j1") with { State = JobState.Failed, Error = new ErrorDetail(ErrorCodes.Failed, "why", null, "what to do") };
        var waiting = Assert.Single(Deliveries.Add(s_new, job, s_now).Waiting);

        Assert.Equal(
            (WebhookEvents.Failed, "j1", WebhookDeliveryStatus.Pending, s_now),
            (waiting.Told.Type, waiting.Told.Job, waiting.Told.Status, waiting.Told.NextAttempt)
        );
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(
                    """
                    {
                      "type": "implantation.failed",
                      "timestamp": "2026-01-02T03:04:05+00:00",
                      "data": {
                        "id": "j1", "state": "failed", "owner": "ann", "name": "cat", "metadata": {"run": "7"},
                        "created": "2026-01-02T02:04:05+00:00", "started": "2026-01-02T02:34:05+00:00", "finished": "2026-01-02T03:04:05+00:00",
                        "error": {"code": "failed", "message": "why", "hint": "what to do"},
                        "kind": "implantation", "retries": 0
                      }
                    }
                    """
                ),
                JsonNode.Parse(waiting.Body)
            ),
            System.Text.Encoding.UTF8.GetString(waiting.Body)
        );
    }

    [Fact]
    public void Add_KnownEnd_ChangesNothing()
    {
        var state = Deliveries.Add(s_new, Job("j1"), s_now);
        Assert.Same(state, Deliveries.Add(state, Job("j1"), s_now.AddHours(1)));
        var delivered = Deliveries.Tried(state, state.Waiting[0].Told.Id, new SendOutcome(204, null), s_now, 0);
        Assert.Same(delivered, Deliveries.Add(delivered, Job("j1"), s_now));
        Assert.Same(delivered, Deliveries.Tried(delivered, state.Waiting[0].Told.Id, new SendOutcome(204, null), s_now, 0));
    }

    [Fact]
    public void IdOf_AnotherJobEndOrSubmission_IsAnother()
    {
        WebhookJob[] all = [Job("j1"), Job("j2"), Job("j1") with { State = JobState.Cancelled }, Job("j1") with { Created = s_now }];
        Assert.Equal(all.Length, all.Select(Deliveries.IdOf).Distinct().Count());
        Assert.All(all, job => Assert.Matches("^msg_[0-9a-f]{32}$", Deliveries.IdOf(job)));
        Assert.Equal(Deliveries.IdOf(Job("j1")), Deliveries.IdOf(Job("j1") with { Finished = s_now.AddDays(1) }));
    }

    [Fact]
    public void Tried_FailsForADay_IsGivenUpAfterElevenTries()
    {
        var (state, now) = (Deliveries.Add(s_new, Job("j1"), s_now), s_now);
        var id = state.Waiting[0].Told.Id;
        for (var attempt = 1; attempt <= 10; attempt++)
        {
            state = Deliveries.Tried(state, id, new SendOutcome(500, "The receiver answered 500."), now, 0);
            var told = Assert.Single(state.Waiting).Told;
            Assert.Equal((attempt, WebhookDeliveryStatus.Pending, 500, now), (told.Attempts, told.Status, told.ResponseStatus, told.LastAttempt));
            now = told.NextAttempt!.Value;
        }

        state = Deliveries.Tried(state, id, new SendOutcome(null, "The receiver could not be reached."), now, 0);
        Assert.Empty(state.Waiting);
        var ended = Assert.Single(state.Ended);
        Assert.Equal((11, WebhookDeliveryStatus.Failed, null, null), (ended.Attempts, ended.Status, ended.NextAttempt, ended.ResponseStatus));
        Assert.Equal("The receiver could not be reached.", ended.Reason);
        Assert.InRange(now - s_now, TimeSpan.FromHours(23), TimeSpan.FromHours(25));
        Assert.Null(state.Disabled);
    }

    [Fact]
    public void Tried_Gone_EndsTheWebhookAndAllThatWaits()
    {
        var state = Deliveries.Add(Deliveries.Add(s_new, Job("j1"), s_now), Job("j2"), s_now);
        state = Deliveries.Tried(state, state.Waiting[1].Told.Id, new SendOutcome(410, "The receiver answered 410."), s_now, 0);

        Assert.Equal(s_now, state.Disabled);
        Assert.Empty(state.Waiting);
        Assert.Equal([("j2", 1), ("j1", 0)], state.Ended.Select(ended => (ended.Job, ended.Attempts)));
        Assert.All(state.Ended, ended => Assert.Equal(WebhookDeliveryStatus.Failed, ended.Status));
        Assert.Same(state, Deliveries.Add(state, Job("j3"), s_now));
    }

    [Fact]
    public void Add_MoreThanMayWait_GivesUpTheOldest()
    {
        var state = s_new;
        for (var i = 0; i <= Deliveries.MostWaiting; i++)
        {
            state = Deliveries.Add(state, Job($"j{i}"), s_now);
        }

        Assert.Equal((Deliveries.MostWaiting, "j1"), (state.Waiting.Length, state.Waiting[0].Told.Job));
        Assert.Equal(("j0", WebhookDeliveryStatus.Failed, "Too many later messages wait."), (state.Ended[0].Job, state.Ended[0].Status, state.Ended[0].Reason));
    }

    [Fact]
    public void Tried_ManyDelivered_RemembersTheLast()
    {
        var state = s_new;
        for (var i = 0; i < Deliveries.MostEnded + 3; i++)
        {
            state = Deliveries.Add(state, Job($"j{i}") with { Finished = s_now.AddSeconds(i) }, s_now);
            state = Deliveries.Tried(state, state.Waiting[0].Told.Id, new SendOutcome(200, null), s_now, 0);
        }

        Assert.Equal((Deliveries.MostEnded, "j3"), (state.Ended.Length, state.Ended[0].Job));
        state = Deliveries.Add(state, Job("late") with { Finished = s_now.AddHours(1) }, s_now);
        Assert.Equal(["late", "j52", "j51"], Deliveries.Tell(state).Take(3).Select(delivery => delivery.Job));
        Assert.Equal(Deliveries.MostEnded, Deliveries.Tell(state).Length);
    }

    private static WebhookJob Job(string id) =>
        new()
        {
            Id = id,
            State = JobState.Succeeded,
            Owner = "ann",
            Name = "cat",
            Metadata = new Dictionary<string, string> { ["run"] = "7" },
            Created = s_now.AddHours(-1),
            Started = s_now.AddMinutes(-30),
            Finished = s_now,
        };
}
