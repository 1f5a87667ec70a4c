using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Events;
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
        return await AnswerAsync(context, job.WatchAsync, status, clock, after, limit);
    }

    /// <summary>Answers with the events of a job of either kind.</summary>
    /// <param name="context">The call.</param>
    /// <param name="watch">Watches the job from a number on.</param>
    /// <param name="status">What is known of the job.</param>
    /// <param name="clock">Counts the time in which nothing is sent.</param>
    /// <param name="after">The last event that the caller has; null: none.</param>
    /// <param name="limit">Events a page; null: 200.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ProblemException">invalid_input: no number of an event, or a page that is too long.</exception>
    public static async Task<IResult> AnswerAsync(HttpContext context, EventSource watch, IJobStatus status, TimeProvider clock, long? after, int? limit)
    {
        var wantsStream = EventStream.IsWanted(context);
        var last = wantsStream ? EventStream.LastSeen(context) ?? after ?? 0 : after ?? 0;
        if (last < 0)
        {
            throw Problems.Invalid("after", "after must be 0 or more: the number of the last event that you have.");
        }

        if (!wantsStream)
        {
            return limit is < 1 or > MostEvents
                ? throw Problems.Invalid("limit", $"limit must be from 1 to {MostEvents}.")
                : TypedResults.Json(await PageAsync(watch, status, last, limit ?? DefaultPage, context.RequestAborted), DocumentJson.Options);
        }

        if (status.State.IsFinal() && last >= status.LastSequence)
        {
            // Tells an EventSource not to come again.
            return TypedResults.NoContent();
        }

        var hub = context.RequestServices.GetRequiredService<EventHub>();
        await EventStream.WriteAsync(context, hub.WatchAsync(status.Id, watch, last + 1, context.RequestAborted), status, clock);
        return TypedResults.Empty;
    }

    /// <summary>What has happened already; a page never waits.</summary>
    private static async Task<EventList> PageAsync(EventSource watch, IJobStatus status, long after, int limit, CancellationToken cancellationToken)
    {
        var count = (int)Math.Clamp(status.LastSequence - after, 0, limit);
        var items = ImmutableArray.CreateBuilder<ProgressEvent>(count);
        if (count > 0)
        {
            await foreach (var progress in watch(after + 1, cancellationToken))
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
}
