using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Events;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Api.Implantations;

/// <summary>What answers about jobs of both kinds have in common.</summary>
internal static class JobAnswers
{
    /// <summary>The refusal of an idempotency key that was sent with another request.</summary>
    /// <returns>conflict, as 422.</returns>
    public static ProblemException UsedForAnother() =>
        new(
            new ErrorDetail(
                ErrorCodes.Conflict,
                $"Another request was sent with this {IdempotencyKey.Header} already.",
                IdempotencyKey.Header,
                "Take a new key for a new job."
            ),
            [],
            StatusCodes.Status422UnprocessableEntity
        );

    /// <summary>Answers with a status: at once, or when it has changed, as the caller wants it; with 304 if the caller has it already.</summary>
    /// <typeparam name="T">The status of one kind of job.</typeparam>
    /// <param name="context">The call.</param>
    /// <param name="status">The job now.</param>
    /// <param name="watch">Watches the job from a number on.</param>
    /// <param name="read">Reads the status again.</param>
    /// <returns>The answer.</returns>
    public static async Task<IResult> StatusAsync<T>(HttpContext context, T status, EventSource watch, Func<Task<T>> read)
        where T : class, IJobStatus
    {
        if (LongPoll.Wanted(context) is { } patience && LongPoll.IsKnown(context, TagOf(status)))
        {
            await LongPoll.WaitAsync(watch, status, patience, context.RequestAborted);
            status = await read();
        }

        Tag(context, status);
        return LongPoll.IsKnown(context, TagOf(status))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Json(status, DocumentJson.Options);
    }

    /// <summary>Sets the headers of an answer that is a status.</summary>
    /// <param name="context">The call.</param>
    /// <param name="status">The status.</param>
    public static void Tag(HttpContext context, IJobStatus status) => Tag(context, TagOf(status), status.State.IsFinal());

    /// <summary>Sets the headers of an answer that is a status.</summary>
    /// <param name="context">The call.</param>
    /// <param name="tag">The status's ETag.</param>
    /// <param name="isFinal">Whether it changes no more by itself.</param>
    public static void Tag(HttpContext context, string tag, bool isFinal)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "private, no-cache";
        if (!isFinal)
        {
            context.Response.Headers.RetryAfter = "2";
        }
    }

    // All that a status shows changes with one of these, but the estimate of its end, which moves by itself.
    private static string TagOf(IJobStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{status.LastSequence}-{status.Epoch}-{(int)status.State}-{status.Step}-{status.QueuePosition}\"");
}
