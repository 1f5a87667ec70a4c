using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Bodies;

/// <summary>Reads documents from bodies: within a limit, strictly, and with every field that is not known named at once.</summary>
internal static class JsonBody
{
    private const int LongestField = 200;

    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">A type that <see cref="DocumentJson"/> knows.</typeparam>
    /// <param name="context">The call.</param>
    /// <param name="mostBytes">Longest body; looked at before it is read.</param>
    /// <returns>The document.</returns>
    /// <exception cref="ProblemException">It is too large, no JSON, or has fields that are not known.</exception>
    /// <exception cref="UnusableJsonException">It is no such document.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, int mostBytes)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new ProblemException(
                new ErrorDetail(ErrorCodes.InvalidInput, "The body must be JSON.", Hint: "Send it with the header: Content-Type: application/json"),
                [],
                StatusCodes.Status415UnsupportedMediaType
            );
        }

        var root = StrictJson.Parse(await ReadBytesAsync(context, mostBytes));
        List<SettingProblem> unknown =
        [
            .. StrictJson
                .FindUnknown<T>(root, DocumentJson.Options)
                .Take(Problems.MostProblems)
                .Select(field => new SettingProblem(field, $"{Wording.Cut(field, LongestField)} is no field of this document.")),
        ];
        return unknown.Count == 0 ? StrictJson.Read<T>(root, DocumentJson.Options) : throw Problems.Of(unknown);
    }

    private static async Task<byte[]> ReadBytesAsync(HttpContext context, int mostBytes)
    {
        BodyLimit.Set(context, mostBytes, _ => TooLarge(mostBytes));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.Length <= mostBytes ? body.ToArray() : throw BodyLimit.Refuse(TooLarge(mostBytes));
    }

    private static ErrorDetail TooLarge(int mostBytes) => new(ErrorCodes.Limit, $"The body has more than {mostBytes >> 10} KiB.");
}
