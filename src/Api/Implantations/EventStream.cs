using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
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

    /// <summary>Sends events until there are no more, or nobody listens.</summary>
    /// <param name="context">The call.</param>
    /// <param name="events">The events.</param>
    /// <param name="status">The job, before the first of them: an end that others follow, since the job was retried, is none.</param>
    /// <param name="clock">Counts the time in which nothing is sent.</param>
    /// <returns>When the stream has ended.</returns>
    public static async Task WriteAsync(HttpContext context, IAsyncEnumerable<SharedEvent> events, IJobStatus status, TimeProvider clock)
    {
        var cancellationToken = context.RequestAborted;
        await using var source = events.GetAsyncEnumerator(cancellationToken);

        // What fails before the first event is told as a problem, with its own status.
        var next = source.MoveNextAsync().AsTask();
        var response = context.Response;
        JobState? stage = null;
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
            var progress = source.Current.Event;
            response.BodyWriter.Write(Encoding.UTF8.GetBytes(Head(progress, stage, IsEnd(progress, status))));
            response.BodyWriter.Write(source.Current.Json.Span);
            response.BodyWriter.Write("\n\n"u8);
            await response.BodyWriter.FlushAsync(cancellationToken);
            stage = progress.Stage;
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

    private static string Head(ProgressEvent progress, JobState? stage, bool isEnd) =>
        string.Create(CultureInfo.InvariantCulture, $"id: {progress.Sequence}\nevent: {NameOf(progress, stage, isEnd)}\ndata: ");
}
