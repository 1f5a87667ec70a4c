using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Errors;

namespace OrleansOneShot.Api.Hosting;

/// <summary>
/// One line a call: what was called, how it ended, how long it took, by which key, under which trace. Nothing of what the caller wrote stands in it: the route
/// and not the path, the key's id and not the key, no query, no header, no body.
/// </summary>
internal sealed partial class RequestLog(TimeProvider clock, ILogger<RequestLog> logger)
{
    // As nginx says that the caller went before the answer came.
    private const int Gone = 499;

    /// <summary>Writes the lines of an application; to stand before all that can fail.</summary>
    /// <param name="application">The application.</param>
    public static void UseOn(WebApplication application)
    {
        var log = ActivatorUtilities.CreateInstance<RequestLog>(application.Services);
        application.Use(log.RunAsync);
    }

    private async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        CallNames.Keep(context);
        var trace = CallNames.TraceOf(context);
        var begun = clock.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var (method, route, key) = (MethodOf(context), CallNames.RouteOf(context), Caller.KeyOf(context.User) ?? CallNames.None);
            var status = context.RequestAborted.IsCancellationRequested ? Gone : context.Response.StatusCode;
            var milliseconds = (long)clock.GetElapsedTime(begun).TotalMilliseconds;
            LogCall(method, route, status, milliseconds, key, trace);
            NameSpan(method, route, status);
        }
    }

    // By route as well, in the words of OpenTelemetry's conventions.
    private static void NameSpan(string method, string route, int status)
    {
        if (Activity.Current is { IsAllDataRequested: true } span)
        {
            span.DisplayName = $"{method} {route}";
            span.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("http.response.status_code", status);
        }
    }

    // A method is the caller's text as well.
    private static string MethodOf(HttpContext context) =>
        context.Request.Method is "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "PATCH" or "OPTIONS" ? context.Request.Method : CallNames.None;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Route} {Status} {Milliseconds} ms, key {Key}, trace {Trace}")]
    private partial void LogCall(string method, string route, int status, long milliseconds, string key, string trace);
}
