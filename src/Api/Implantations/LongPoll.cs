using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Events;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Api.Implantations;

/// <summary>Answers that wait until there is something new to say (<c>Prefer: wait=30</c>, RFC 7240).</summary>
internal static class LongPoll
{
    private const int MostSeconds = 60;

    /// <summary>How long a caller would wait.</summary>
    /// <param name="context">The call.</param>
    /// <returns>A minute at most; null: not at all.</returns>
    public static TimeSpan? Wanted(HttpContext context)
    {
        foreach (var preference in context.Request.Headers.GetCommaSeparatedValues("Prefer"))
        {
            if (preference.Trim().Split('=', 2) is ["wait", var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return TimeSpan.FromSeconds(Math.Min(seconds, MostSeconds));
            }
        }

        return null;
    }

    /// <summary>Whether the caller has this version already.</summary>
    /// <param name="context">The call.</param>
    /// <param name="tag">The version's tag.</param>
    /// <returns>Whether If-None-Match names it.</returns>
    public static bool IsKnown(HttpContext context, string tag) =>
        context.Request.Headers.GetCommaSeparatedValues("If-None-Match").Any(known => known.Trim() is "*" || known.Trim() == tag);

    /// <summary>Waits for a job's next event.</summary>
    /// <param name="watch">Watches the job from a number on.</param>
    /// <param name="status">What the caller knows.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When there is one, the job has ended, or the time is over.</returns>
    public static async Task WaitAsync(EventSource watch, IJobStatus status, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (status.State.IsFinal())
        {
            return;
        }

        await NextAsync(limit => watch(status.LastSequence + 1, limit), patience, cancellationToken);
    }

    /// <summary>Waits for the next of what is watched.</summary>
    /// <typeparam name="T">What is watched.</typeparam>
    /// <param name="watch">Watches until it is stopped.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The next; null: there was none in that time, or none will come.</returns>
    public static async Task<T?> NextAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> watch, TimeSpan patience, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await foreach (var next in watch(limit.Token))
            {
                return next;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing new in that time.
        }

        return null;
    }
}
