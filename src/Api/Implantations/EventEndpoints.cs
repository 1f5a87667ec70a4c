using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Api.Implantations;

/// <summary>A job's events: as a stream that goes on where a lost connection stopped, or as pages of JSON.</summary>
internal static class EventEndpoints
{
    private const int DefaultPage = 200;
    private const int MostEvents = 2000;
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/v1/implantations/{id}/events", GetAsync)
            .WithTags("Implantations")
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetImplantationEvents")
            .WithSummary("The events of a job: server-sent events for Accept: text/event-stream, else a page of JSON.")
            .Produces(StatusCodes.Status200OK, contentType: EventStream.ContentType)
            .Produces<EventList>() // behind the stream: of two types of one status the platform describes the last
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<IResult> GetAsync(HttpContext context, OwnedJobs jobs, TimeProvider clock, string id, long? after, int? limit)
    {
        var (job, status) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        var wantsStream = context.Request.Headers.Accept.Any(accept => accept?.Contains(EventStream.ContentType, StringComparison.OrdinalIgnoreCase) == true);
        var last = wantsStream && context.Request.Headers[LastEventId].ToString() is { Length: > 0 } seen ? Parse(seen) : after ?? 0;
        if (last < 0)
        {
            throw Problems.Invalid("after", "after must be 0 or more: the number of the last event that you have.");
        }

        if (!wantsStream)
        {
            return limit is < 1 or > MostEvents
                ? throw Problems.Invalid("limit", $"limit must be from 1 to {MostEvents}.")
                : TypedResults.Json(await PageAsync(job, status, last, limit ?? DefaultPage, context.RequestAborted), DocumentJson.Options);
        }

        if (status.State.IsFinal() && last >= status.LastSequence)
        {
            // Tells an EventSource not to come again.
            return TypedResults.NoContent();
        }

        await EventStream.WriteAsync(context, job.WatchAsync(last + 1, context.RequestAborted), status, clock);
        return TypedResults.Empty;
    }

    /// <summary>What has happened already; a page never waits.</summary>
    private static async Task<EventList> PageAsync(
        ClusterImplantation job,
        ImplantationStatus status,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var count = (int)Math.Clamp(status.LastSequence - after, 0, limit);
        var items = ImmutableArray.CreateBuilder<ProgressEvent>(count);
        if (count > 0)
        {
            await foreach (var progress in job.WatchAsync(after + 1, cancellationToken))
            {
                items.Add(progress);
                if (items.Count == count)
                {
                    break;
                }
            }
        }

        var last = after + items.Count;
        var isOver = status.State.IsFinal() && last >= status.LastSequence;
        return new EventList(items.ToImmutable(), isOver ? null : last.ToString(CultureInfo.InvariantCulture));
    }

    private static long Parse(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Problems.Invalid(LastEventId, $"{LastEventId} must be the number of an event.");
}
