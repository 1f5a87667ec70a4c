using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Bodies;

/// <summary>How long a body may be, told before any of it is read.</summary>
internal static class BodyLimit
{
    /// <summary>Refuses a body that says that it is longer, and has the server cut off one that does not say.</summary>
    /// <param name="context">The call.</param>
    /// <param name="mostBytes">Longest body.</param>
    /// <param name="tooLarge">The sentence for a longer one, by what it says of its length.</param>
    /// <exception cref="ProblemException">limit: it is longer.</exception>
    public static void Set(HttpContext context, long mostBytes, Func<long, ErrorDetail> tooLarge)
    {
        if (context.Request.ContentLength > mostBytes)
        {
            throw Refuse(tooLarge(context.Request.ContentLength.Value));
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = mostBytes;
        }
    }

    /// <summary>What a body is answered with that is too long.</summary>
    /// <param name="tooLarge">The sentence.</param>
    /// <returns>The error, with its status code.</returns>
    public static ProblemException Refuse(ErrorDetail tooLarge) => new(tooLarge, [], StatusCodes.Status413PayloadTooLarge);
}
