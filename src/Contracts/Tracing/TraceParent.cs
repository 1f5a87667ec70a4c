using System.Diagnostics;

namespace OrleansOneShot.Contracts.Tracing;

/// <summary>
/// The trace that a job belongs to, as W3C's <c>traceparent</c>: it goes with the calls that submit and start the job, whether or not traces are exported, so
/// that logs of all silos name the same one.
/// </summary>
public static class TraceParent
{
    private const string Key = "oneshot.traceparent";

    /// <summary>What came with the call that a grain answers; null: nothing.</summary>
    public static string? Received => Valid(RequestContext.Get(Key) as string);

    /// <summary>Where this call stands: its activity, else what came with it; null: neither.</summary>
    public static string? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : Received;

    /// <summary>Lets it go with the calls that an async method makes from here on.</summary>
    /// <param name="parent">What; null: nothing goes.</param>
    public static void Send(string? parent)
    {
        if (parent is not null)
        {
            RequestContext.Set(Key, parent);
        }
    }

    /// <summary>A trace of its own, for a job that nobody has begun one for.</summary>
    /// <returns>A parent that is no span, of a trace that is recorded.</returns>
    public static string Create() => $"00-{ActivityTraceId.CreateRandom().ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-01";

    /// <summary>The context of a parent.</summary>
    /// <param name="parent">The parent, or null.</param>
    /// <returns>Its context; of none, and of what can't be one, the default.</returns>
    public static ActivityContext ContextOf(string? parent) => ActivityContext.TryParse(parent, null, isRemote: true, out var context) ? context : default;

    /// <summary>The trace's id.</summary>
    /// <param name="parent">The parent, or null.</param>
    /// <returns>32 hexadecimal digits; null: there is none.</returns>
    public static string? TraceIdOf(string? parent) => ContextOf(parent) is var context && context != default ? context.TraceId.ToHexString() : null;

    // It comes from outside.
    private static string? Valid(string? parent) => ContextOf(parent) == default ? null : parent;
}
