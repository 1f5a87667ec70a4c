using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>How a webhook's deliveries change. No clock, no storage: a state goes in, the next one comes out.</summary>
internal static class Deliveries
{
    /// <summary>Most messages that wait; one more gives up the oldest.</summary>
    public const int MostWaiting = 1000;

    /// <summary>Most messages that are remembered after they were delivered or given up.</summary>
    public const int MostEnded = 50;

    /// <summary>
    /// The id of the message that tells of a job's end: the same whenever it is told, and another one for a job that was submitted anew or retried.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <returns>An id without dots, as signatures need it.</returns>
    public static string IdOf(WebhookJob job)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"{job.Id}\n{job.Created.UtcTicks}\n{job.Retries}\n{WebhookEvents.Of(job.Kind, job.State)}");
        return "msg_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(end)).AsSpan(0, 16));
    }

    /// <summary>A job's end is to be told, unless that is known.</summary>
    /// <param name="state">The state.</param>
    /// <param name="job">The job; it has ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>The next state; the same one: there is nothing to do.</returns>
    public static WebhookState Add(WebhookState state, WebhookJob job, DateTimeOffset now)
    {
        var id = IdOf(job);
        if (state.Disabled is not null || state.Waiting.Any(known => known.Told.Id == id) || state.Ended.Any(known => known.Id == id))
        {
            return state;
        }

        var type = WebhookEvents.Of(job.Kind, job.State)!;
        if (state.Waiting.Length >= MostWaiting)
        {
            var oldest = state.Waiting[0].Told with { Status = WebhookDeliveryStatus.Failed, NextAttempt = null, Reason = "Too many later messages wait." };
            state = End(state, state.Waiting[0], oldest);
        }

        var told = new WebhookDelivery
        {
            Id = id,
            Type = type,
            Job = job.Id,
            Status = WebhookDeliveryStatus.Pending,
            Time = job.Finished,
            NextAttempt = now,
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(new WebhookMessage(type, job.Finished, job), DocumentJson.Options);
        return state with { Waiting = state.Waiting.Add(new WaitingDelivery(told, body)) };
    }

    /// <summary>A message was tried.</summary>
    /// <param name="state">The state.</param>
    /// <param name="id">The message.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="now">The time.</param>
    /// <param name="random">From 0 to 1, for the next try.</param>
    /// <returns>The next state; the same one: the message waits no more.</returns>
    public static WebhookState Tried(WebhookState state, string id, SendOutcome outcome, DateTimeOffset now, double random)
    {
        if (state.Waiting.FirstOrDefault(waiting => waiting.Told.Id == id) is not { } tried)
        {
            return state;
        }

        var told = tried.Told with { Attempts = tried.Told.Attempts + 1, LastAttempt = now, ResponseStatus = outcome.Status, Reason = outcome.Reason };
        if (outcome.IsDelivered)
        {
            return End(state, tried, told with { Status = WebhookDeliveryStatus.Delivered, NextAttempt = null });
        }

        if (outcome.IsGone)
        {
            state = End(state, tried, told with { Status = WebhookDeliveryStatus.Failed, NextAttempt = null });
            return GiveUpAll(state with { Disabled = now });
        }

        return WebhookBackoff.After(told.Attempts, outcome.RetryAfter, random) is { } pause
            ? state with
            {
                Waiting = state.Waiting.Replace(tried, tried with { Told = told with { NextAttempt = now + pause } }),
            }
            : End(state, tried, told with { Status = WebhookDeliveryStatus.Failed, NextAttempt = null });
    }

    /// <summary>What its owner is told of, newest first.</summary>
    /// <param name="state">The state.</param>
    /// <returns>What waits, and what was.</returns>
    public static ImmutableArray<WebhookDelivery> Tell(WebhookState state) =>
        [.. state.Ended.Concat(state.Waiting.Select(waiting => waiting.Told)).Reverse().OrderByDescending(delivery => delivery.Time).Take(MostEnded)];

    private static WebhookState GiveUpAll(WebhookState state)
    {
        foreach (var waiting in state.Waiting)
        {
            state = End(
                state,
                waiting,
                waiting.Told with
                {
                    Status = WebhookDeliveryStatus.Failed,
                    NextAttempt = null,
                    Reason = "The receiver answered 410: it wants no more.",
                }
            );
        }

        return state;
    }

    private static WebhookState End(WebhookState state, WaitingDelivery waiting, WebhookDelivery ended) =>
        state with
        {
            Waiting = state.Waiting.Remove(waiting),
            Ended = [.. state.Ended.Add(ended).TakeLast(MostEnded)],
        };
}
