using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
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

    /// <summary>The version of a status: all that it shows changes with one of these, but the estimate of its end, which moves by itself.</summary>
    /// <param name="status">The status.</param>
    /// <returns>An entity tag.</returns>
    public static string TagOf(IJobStatus status) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"\"{status.LastSequence}-{status.Epoch}-{(int)status.State}-{status.Step}-{(status as ImplantationStatus)?.QueuePosition}\""
        );

    /// <summary>Sets the headers of an answer that is a status.</summary>
    /// <param name="context">The call.</param>
    /// <param name="status">The status.</param>
    public static void Tag(HttpContext context, IJobStatus status)
    {
        context.Response.Headers.ETag = TagOf(status);
        context.Response.Headers.CacheControl = "private, no-cache";
        if (!status.State.IsFinal())
        {
            context.Response.Headers.RetryAfter = "2";
        }
    }
}
