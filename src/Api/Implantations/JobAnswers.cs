using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Api.Implantations;

/// <summary>What answers about jobs of both kinds have in common.</summary>
internal static class JobAnswers
{
    private const int DefaultPage = 50;

    /// <summary>Reads which jobs a caller wants listed.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="state">A state's name; null: all.</param>
    /// <param name="cursor">Where to go on; null: at the newest.</param>
    /// <param name="limit">Jobs a page; null: 50.</param>
    /// <returns>The caller's own implantations.</returns>
    /// <exception cref="ProblemException">invalid_input: no state, or a page that is too long.</exception>
    public static JobQuery Query(Caller caller, string? state, string? cursor, int? limit)
    {
        JobState? wanted = null;
        if (state is not null)
        {
            wanted =
                Enum.TryParse<JobState>(state, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && state.All(char.IsAsciiLetter)
                    ? parsed
                    : throw Problems.Invalid("state", $"state must be one of {string.Join(", ", Enum.GetNames<JobState>()).ToLowerInvariant()}.");
        }

        return limit is < 1 or > JobQuery.MaxPageSize
            ? throw Problems.Invalid("limit", $"limit must be from 1 to {JobQuery.MaxPageSize}.")
            : new JobQuery
            {
                Owner = caller.Owner,
                State = wanted,
                Cursor = cursor,
                PageSize = limit ?? DefaultPage,
            };
    }

    /// <summary>The version of a status: all that it shows changes with one of these.</summary>
    /// <param name="status">The status.</param>
    /// <returns>An entity tag.</returns>
    public static string TagOf(IJobStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{status.LastSequence}-{status.Epoch}-{(int)status.State}-{status.Step}\"");

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
