using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Errors;

/// <summary>Turns what a request throws into a problem document.</summary>
internal sealed partial class ErrorHandling(ClusterClient client, ILogger<ErrorHandling> logger) : IExceptionHandler
{
    /// <summary>Also says in a document what the routes refuse by themselves: no such path, no such verb, no such content type.</summary>
    /// <param name="application">The application.</param>
    public static void UseOn(WebApplication application)
    {
        application.UseExceptionHandler(_ => { });
        application.UseStatusCodePages(pages => Problems.WriteAsync(pages.HttpContext, Describe(pages.HttpContext), [], pages.HttpContext.Response.StatusCode));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody hears an answer.
            return true;
        }

        var (detail, fields, status) = exception switch
        {
            ProblemException e => (e.Detail, e.Fields, e.Status),
            OneShotException e => (e.Detail, e.Fields.IsEmpty ? default : e.Fields, null),
            UnusableJsonException e => (new ErrorDetail(ErrorCodes.InvalidInput, $"The body {e.Message}.", e.Field), default, null),
            BadHttpRequestException e => (
                new ErrorDetail(
                    e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorCodes.Limit : ErrorCodes.InvalidInput,
                    $"{e.Message.TrimEnd('.')}."
                ),
                default,
                e.StatusCode
            ),
            _ when ClusterClient.IsUnanswered(exception) => ((await client.ExplainAsync(exception)).Detail, default, (int?)null),
            ArtifactStoreException or IOException => (new ErrorDetail(ErrorCodes.Unavailable, "The artifact store is out of reach."), default, null),
            _ => (new ErrorDetail(ErrorCodes.Failed, "The server failed; its log says more under this trace."), default, null),
        };
        if (Problems.StatusOf(detail.Code) >= StatusCodes.Status500InternalServerError)
        {
            LogFailed(exception, httpContext.Request.Method, CallNames.RouteOf(httpContext), CallNames.TraceOf(httpContext));
        }

        await Problems.WriteAsync(httpContext, detail, fields, status, (exception as OneShotException)?.RetryAfter);
        return true;
    }

    private static ErrorDetail Describe(HttpContext context) =>
        context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new ErrorDetail(ErrorCodes.NotFound, "There is nothing at this path.", Hint: "docs/HTTP.md lists the paths."),
            StatusCodes.Status405MethodNotAllowed => new ErrorDetail(ErrorCodes.InvalidInput, "This path does not take that method."),
            StatusCodes.Status415UnsupportedMediaType => new ErrorDetail(ErrorCodes.InvalidInput, "The body must be application/json."),
            StatusCodes.Status413PayloadTooLarge => new ErrorDetail(ErrorCodes.Limit, "The body is too large."),
            >= StatusCodes.Status500InternalServerError => new ErrorDetail(ErrorCodes.Failed, "The server failed; its log says more under this trace."),
            _ => new ErrorDetail(ErrorCodes.InvalidInput, "The request can't be used."),
        };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed, trace {Trace}")]
    private partial void LogFailed(Exception error, string method, string route, string trace);
}
