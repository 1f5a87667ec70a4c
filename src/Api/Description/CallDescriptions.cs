using Microsoft.AspNetCore.Builder;

namespace OrleansOneShot.Api.Description;

/// <summary>A header that a call may carry.</summary>
/// <param name="Name">The header.</param>
/// <param name="Description">What it does.</param>
/// <param name="Example">A value.</param>
internal sealed record CallHeader(string Name, string Description, string Example)
{
    /// <summary>Makes a call that is sent again harmless.</summary>
    public static CallHeader IdempotencyKey { get; } =
        new(
            "Idempotency-Key",
            "1 to 255 visible ASCII characters, such as a UUID. The same key of the same owner gives the same answer, however often it is sent; with another "
                + "body it is refused.",
            "5f1c0a0e-9f53-4d3c-8c60-3c1e8a5f7b11"
        );

    /// <summary>Holds the answer until something changes.</summary>
    public static CallHeader Prefer { get; } =
        new("Prefer", "`wait=N` (RFC 7240) holds the answer for at most N seconds (60 at most) until it differs from what If-None-Match names.", "wait=30");

    /// <summary>Asks for what has changed alone.</summary>
    public static CallHeader IfNoneMatch { get; } =
        new("If-None-Match", "The ETag of an earlier answer; if nothing has changed since, the answer is 304 without a body.", "\"12-1-3-40\"");

    /// <summary>Goes on where a stream of events broke.</summary>
    public static CallHeader LastEventId { get; } =
        new("Last-Event-ID", "Of a stream of events: the id of the last one that arrived. The stream goes on behind it.", "41");

    /// <summary>Asks for a part of a file.</summary>
    public static CallHeader Range { get; } = new("Range", "Asks for a part of the bytes (RFC 9110).", "bytes=0-1023");
}

/// <summary>A parameter that a call may carry in its query and that no argument of its method is.</summary>
/// <param name="Name">The parameter; KEY at its end stands for what the caller chooses.</param>
/// <param name="Description">What it does.</param>
internal sealed record CallParameter(string Name, string Description);

/// <summary>A body that a call may send.</summary>
/// <param name="Value">A document of the call's type, which the server would take.</param>
internal sealed record BodyExample(object Value);

/// <summary>What routes say of their calls beyond what the platform lets them say.</summary>
internal static class CallDescriptions
{
    /// <summary>Says that a call takes a header.</summary>
    /// <param name="route">The route.</param>
    /// <param name="header">The header.</param>
    /// <returns>The route.</returns>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, CallHeader header) => route.WithMetadata(header);

    /// <summary>Says that a call takes a parameter in its query.</summary>
    /// <param name="route">The route.</param>
    /// <param name="parameter">The parameter.</param>
    /// <returns>The route.</returns>
    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder route, CallParameter parameter) => route.WithMetadata(parameter);

    /// <summary>Shows a body of a call.</summary>
    /// <param name="route">The route.</param>
    /// <param name="value">A document that the server would take.</param>
    /// <returns>The route.</returns>
    public static RouteHandlerBuilder WithExample(this RouteHandlerBuilder route, object value) => route.WithMetadata(new BodyExample(value));
}
