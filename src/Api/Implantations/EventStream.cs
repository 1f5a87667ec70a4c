using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Events;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Api.Implantations;

/// <summary>
/// Events as text/event-stream (WHATWG HTML, 9.2). The platform's own result can send no comments, and without one now and then a proxy takes a quiet stream
/// for a dead one.
/// </summary>
internal static class EventStream
{
    /// <summary>The content type.</summary>
    public const string ContentType = "text/event-stream";

    /// <summary>How long nothing may be sent.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    private const int ReconnectMilliseconds = 2000;
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Whether a caller wants events as a stream.</summary>
    /// <param name="context">The call.</param>
    /// <returns>Whether it accepts <see cref="ContentType"/>.</returns>
    public static bool IsWanted(HttpContext context) =>
        context.Request.Headers.Accept.Any(accept => accept?.Contains(ContentType, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>The last event that a caller has seen, who comes again.</summary>
    /// <param name="context">The call.</param>
    /// <returns>Its number; null: it does not say.</returns>
    /// <exception cref="ProblemException">invalid_input: that is no number.</exception>
    public static long? LastSeen(HttpContext context) =>
        context.Request.Headers[LastEventId].ToString() is not { Length: > 0 } seen ? null
        : long.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Problems.Invalid(LastEventId, $"{LastEventId} must be the number of an event.");

    /// <summary>Sends a job's events until there are no more, or nobody listens.</summary>
    /// <param name="context">The call.</param>
    /// <param name="events">The events.</param>
    /// <param name="status">The job, before the first of them: an end that others follow, since the job was retried, is none.</param>
    /// <param name="clock">Counts the time in which nothing is sent.</param>
    /// <returns>When the stream has ended.</returns>
    public static Task WriteAsync(HttpContext context, IAsyncEnumerable<SharedEvent> events, IJobStatus status, TimeProvider clock) =>
        SendAsync(context, FramesOf(events, status, context.RequestAborted), clock);

    /// <summary>Sends whatever comes until there is no more, or nobody listens.</summary>
    /// <param name="context">The call.</param>
    /// <param name="frames">What to send.</param>
    /// <param name="clock">Counts the time in which nothing is sent.</param>
    /// <returns>When the stream has ended.</returns>
    public static async Task SendAsync(HttpContext context, IAsyncEnumerable<EventFrame> frames, TimeProvider clock)
    {
        var cancellationToken = context.RequestAborted;
        await using var source = frames.GetAsyncEnumerator(cancellationToken);

        // What fails before the first event is told as a problem, with its own status.
        var next = source.MoveNextAsync().AsTask();
        var response = context.Response;
        var begun = false;
        while (true)
        {
            if (!next.IsCompleted)
            {
                await BeginAsync();
                if (await Task.WhenAny(next, Task.Delay(Quiet, clock, cancellationToken)) != next)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await response.WriteAsync(":\n\n", cancellationToken);
                    continue;
                }
            }

            if (!await next)
            {
                break;
            }

            await BeginAsync();
            var frame = source.Current;
            response.BodyWriter.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {frame.Id}\nevent: {frame.Name}\ndata: ")));
            response.BodyWriter.Write(frame.Json.Span);
            response.BodyWriter.Write("\n\n"u8);
            await response.BodyWriter.FlushAsync(cancellationToken);
            next = source.MoveNextAsync().AsTask();
        }

        await BeginAsync();

        async Task BeginAsync()
        {
            if (begun)
            {
                return;
            }

            begun = true;
            response.ContentType = ContentType;
            response.Headers.CacheControl = "no-store";
            // Asks nginx, which would hold events back, to pass them on.
            response.Headers["X-Accel-Buffering"] = "no";
            await response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"retry: {ReconnectMilliseconds}\n\n"), cancellationToken);
        }
    }

    /// <summary>What an event is called.</summary>
    /// <param name="progress">The event.</param>
    /// <param name="stage">The stage of the one before; null: not known.</param>
    /// <param name="isEnd">Whether it is the last.</param>
    /// <returns>progress, preview, warning, state or done.</returns>
    public static string NameOf(ProgressEvent progress, JobState? stage, bool isEnd) =>
        isEnd ? "done"
        : progress.Preview is not null ? "preview"
        : progress.IsWarning ? "warning"
        : stage is not null && progress.Stage != stage ? "state"
        : "progress";

    private static bool IsEnd(ProgressEvent progress, IJobStatus status) =>
        progress.Stage.IsFinal() && (progress.Sequence > status.LastSequence || (progress.Sequence == status.LastSequence && status.State.IsFinal()));

    private static async IAsyncEnumerable<EventFrame> FramesOf(
        IAsyncEnumerable<SharedEvent> events,
        IJobStatus status,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        JobState? stage = null;
        await foreach (var shared in events.WithCancellation(cancellationToken))
        {
            var progress = shared.Event;
            yield return new EventFrame(progress.Sequence, NameOf(progress, stage, IsEnd(progress, status)), shared.Json);
            stage = progress.Stage;
        }
    }
}

/// <summary>An event as it is sent.</summary>
/// <param name="Id">Its number, by which a stream goes on after a break.</param>
/// <param name="Name">What kind of event it is.</param>
/// <param name="Json">Its document, in UTF-8.</param>
internal readonly record struct EventFrame(long Id, string Name, ReadOnlyMemory<byte> Json);
