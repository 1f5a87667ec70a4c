using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansOneShot.Api.Errors;

/// <summary>What a call is called in logs and answers, without anything that its caller wrote.</summary>
internal static class CallNames
{
    /// <summary>Stands for what there is none of.</summary>
    public const string None = "-";

    private static readonly object s_route = new();

    /// <summary>Keeps the route: what handles an exception takes the endpoint off the call.</summary>
    /// <param name="context">The call.</param>
    public static void Keep(HttpContext context) => context.Items[s_route] = RouteOf(context);

    /// <summary>The route of a call.</summary>
    /// <param name="context">The call.</param>
    /// <returns>Such as <c>/v1/implantations/{id}</c>; <see cref="None"/> where the path has none.</returns>
    public static string RouteOf(HttpContext context) =>
        context.Items[s_route] as string ?? (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/') ?? None;

    /// <summary>The id under which a call is told of: to its caller, and in the log.</summary>
    /// <param name="context">The call.</param>
    /// <returns>That of the caller's trace, where it has one.</returns>
    public static string TraceOf(HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
}
