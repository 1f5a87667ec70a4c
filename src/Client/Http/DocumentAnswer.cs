using System.Globalization;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Client.Http;

/// <summary>Documents that a server answers with.</summary>
internal static class DocumentAnswer
{
    // A list of 500 jobs, or a status with 256 prompts of 1,000 characters, has less.
    private const int MostBytes = 16 << 20;

    /// <summary>Reads the document of an answer.</summary>
    /// <typeparam name="T">The document.</typeparam>
    /// <param name="answer">An answer of success.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The document.</returns>
    /// <exception cref="OneShotException">failed: it is none, or too long.</exception>
    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return StrictJson.Read<T>(await ReadBytesAsync(answer, cancellationToken), DocumentJson.Options);
        }
        catch (UnusableJsonException e)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"{answer.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Authority)} answered with something that is no document of oneshot.",
                    "server",
                    "Check the address: another program may answer there, such as a proxy's sign-in page."
                ),
                e
            );
        }
    }

    /// <summary>What an answer that is no success says.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The error.</returns>
    public static async Task<OneShotException> ReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var problem = await FindProblemAsync(answer, cancellationToken);
        var status = (int)answer.StatusCode;
        var detail = problem is null
            ? new ErrorDetail(
                CodeOf(status),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{answer.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Authority)} answered with {status} {answer.ReasonPhrase}."
                ),
                "server"
            )
            : new ErrorDetail(problem.Code, problem.Detail, problem.Errors.IsDefaultOrEmpty ? null : problem.Errors[0].Pointer, problem.Hint);
        return new OneShotException(detail)
        {
            Fields = problem?.Errors ?? [],
            Status = status,
            RequestId = problem?.TraceId,
            RetryAfter = RetryAfter(answer, TimeProvider.System),
        };
    }

    /// <summary>When a server wants to be asked again.</summary>
    /// <param name="answer">Its answer.</param>
    /// <param name="clock">The time.</param>
    /// <returns>From now on; null where it did not say.</returns>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, TimeProvider clock) =>
        answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > clock.GetUtcNow() ? date - clock.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };

    private static async Task<ProblemDocument?> FindProblemAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType != ProblemDocument.ContentType)
        {
            return null;
        }

        try
        {
            return StrictJson.Read<ProblemDocument>(await ReadBytesAsync(answer, cancellationToken), DocumentJson.Options);
        }
        catch (Exception e) when (e is UnusableJsonException or IOException or HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadBytesAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (bytes.Length + read > MostBytes)
            {
                throw new UnusableJsonException($"has more than {MostBytes >> 20} MiB");
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static string CodeOf(int status) =>
        status switch
        {
            401 => ErrorCodes.Unauthenticated,
            403 => ErrorCodes.Forbidden,
            404 => ErrorCodes.NotFound,
            409 => ErrorCodes.Conflict,
            413 or 429 => ErrorCodes.Limit,
            408 or 502 or 503 or 504 => ErrorCodes.Unavailable,
            >= 400 and < 500 => ErrorCodes.InvalidInput,
            _ => ErrorCodes.Failed,
        };
}
