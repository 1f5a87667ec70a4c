using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Errors;

/// <summary>Errors over HTTP: the one place that makes problem documents and chooses status codes.</summary>
internal static class Problems
{
    /// <summary>Most fields at fault that an answer names.</summary>
    public const int MostProblems = 16;

    private const int RetrySeconds = 5;

    /// <summary>The status code of an error.</summary>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <returns>400 to 599.</returns>
    public static int StatusOf(string code) =>
        code switch
        {
            ErrorCodes.InvalidInput => StatusCodes.Status422UnprocessableEntity,
            ErrorCodes.NotFound => StatusCodes.Status404NotFound,
            ErrorCodes.Conflict or ErrorCodes.Cancelled or ErrorCodes.BlobMissing => StatusCodes.Status409Conflict,
            ErrorCodes.Limit => StatusCodes.Status429TooManyRequests,
            ErrorCodes.Unauthenticated => StatusCodes.Status401Unauthorized,
            ErrorCodes.Forbidden => StatusCodes.Status403Forbidden,
            ErrorCodes.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };

    /// <summary>A JSON pointer to a field that a message names.</summary>
    /// <param name="field">A path of <see cref="FieldPath"/>, such as <c>objects[1].token</c>.</param>
    /// <returns>Such as <c>/objects/1/token</c>; the document's own pointer is empty.</returns>
    public static string Pointer(string? field)
    {
        var pointer = new StringBuilder();
        foreach (var part in FieldPath.Split(field))
        {
            pointer.Append('/').Append(part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return pointer.ToString();
    }

    /// <summary>What fields at fault make of a request.</summary>
    /// <param name="problems">At least one.</param>
    /// <returns>An error that names all of them.</returns>
    public static ProblemException Of(IReadOnlyList<SettingProblem> problems) =>
        new(
            new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Message, problems[0].Field),
            [.. problems.Select(problem => new ProblemField(Pointer(problem.Field), problem.Message))]
        );

    /// <summary>What a query or a header at fault makes of a request.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <returns>An error that names it.</returns>
    public static ProblemException Invalid(string name, string message) =>
        new(new ErrorDetail(ErrorCodes.InvalidInput, message), [new ProblemField(name, message)]);

    /// <summary>Refuses a document in which something is wrong.</summary>
    /// <param name="problems">What is wrong; none lets it pass.</param>
    /// <exception cref="ProblemException">Something is; the first <see cref="MostProblems"/> fields are named.</exception>
    public static void Require(IEnumerable<SettingProblem> problems)
    {
        List<SettingProblem> found = [.. problems.Take(MostProblems)];
        if (found.Count > 0)
        {
            throw Of(found);
        }
    }

    /// <summary>Answers with an error.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="fields">Every field at fault; default takes the error's own.</param>
    /// <param name="status">The status code; null takes that of the error's code.</param>
    /// <param name="retryAfter">When to come again, if that may help; null: nobody knows, so in seconds.</param>
    /// <returns>When written. An answer that has begun is cut off instead, so that nobody takes it for a whole one.</returns>
    public static async Task WriteAsync(
        HttpContext context,
        ErrorDetail error,
        ImmutableArray<ProblemField> fields = default,
        int? status = null,
        TimeSpan? retryAfter = null
    )
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var bounded = error.Bounded();
        var code = status ?? StatusOf(error.Code);
        var isRetryable = error.Code is ErrorCodes.Unavailable or ErrorCodes.Limit && code != StatusCodes.Status413PayloadTooLarge;
        if (isRetryable && context.Response.Headers.RetryAfter.Count == 0)
        {
            var seconds = retryAfter is { } wait ? Math.Ceiling(Math.Max(0, wait.TotalSeconds)) : RetrySeconds;
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        context.Response.StatusCode = code;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(
            new ProblemDocument
            {
                Type = $"urn:oneshot:error:{error.Code}",
                Title = ReasonPhrases.GetReasonPhrase(code),
                Status = code,
                Detail = bounded.Message,
                Code = error.Code,
                Hint = bounded.Hint,
                Errors = fields.IsDefault ? (bounded.Field is { } field ? [new ProblemField(Pointer(field), bounded.Message)] : []) : fields,
                Retryable = isRetryable,
                TraceId = CallNames.TraceOf(context),
            },
            (JsonTypeInfo<ProblemDocument>)DocumentJson.Options.GetTypeInfo(typeof(ProblemDocument)),
            ProblemDocument.ContentType,
            context.RequestAborted
        );
    }
}

/// <summary>An error that HTTP says more of than its detail.</summary>
internal sealed class ProblemException : OneShotException
{
    /// <summary>Creates the error.</summary>
    /// <param name="detail">The error.</param>
    /// <param name="fields">Every field at fault.</param>
    /// <param name="status">The status code; null takes that of the error's code.</param>
    public ProblemException(ErrorDetail detail, ImmutableArray<ProblemField> fields, int? status = null)
        : base(detail) => (Fields, Status) = (fields, status);
}
