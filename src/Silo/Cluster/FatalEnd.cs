using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Faults;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// How a silo ends that Orleans says can't go on, above all one that the others have declared dead: whoever serves it hears why and ends it, in place of a
/// process that ends itself with a stack trace. What such a silo still tries to do changes nothing: its epochs are over.
/// </summary>
/// <param name="logger">Log.</param>
internal sealed partial class FatalEnd(ILogger<FatalEnd> logger) : IFatalErrorHandler
{
    private readonly TaskCompletionSource<ErrorDetail> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the silo can't go on, with what to say then.</summary>
    public Task<ErrorDetail> Told => _told.Task;

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => true;

    /// <inheritdoc/>
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        // The membership comes back to it at every look.
        if (_told.TrySetResult(Explain(exception)))
        {
            LogFatal(exception, sender?.GetType().Name ?? "nobody", context);
        }
    }

    // Orleans' membership gives no exception: it has read that this silo is dead.
    private static ErrorDetail Explain(Exception? exception) =>
        exception is null
            ? new ErrorDetail(
                ErrorCodes.Unavailable,
                "This silo was taken for dead by the others (it stood still, or they could not reach it), so it ends; its jobs go on elsewhere.",
                "cluster",
                "Start it again."
            )
            : new ErrorDetail(
                ErrorCodes.Unavailable,
                $"This silo can't go on, so it ends; its jobs go on elsewhere: {Fault.Cut(exception.Message)}",
                "cluster",
                "Start it again; its log tells more."
            );

    [LoggerMessage(Level = LogLevel.Critical, Message = "This silo can't go on and ends ({Sender}: {Context})")]
    private partial void LogFatal(Exception? error, string sender, string? context);
}
