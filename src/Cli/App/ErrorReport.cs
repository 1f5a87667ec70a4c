using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Libtorch;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.App;

/// <summary>An exception as users see it.</summary>
/// <param name="Error">Code, sentence, field and hint.</param>
/// <param name="ExitCode">How the process ends.</param>
internal sealed record ErrorReport(ErrorDetail Error, int ExitCode)
{
    /// <summary>Describes an exception.</summary>
    /// <param name="exception">What ended the command.</param>
    /// <param name="interrupted">Whether it was asked to stop.</param>
    /// <returns>The report.</returns>
    public static ErrorReport Of(Exception exception, bool interrupted) =>
        exception switch
        {
            InvalidInputException e => Of(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint)),
            OneShotException e => Of(e.Detail),
            InterruptedException e => new(new ErrorDetail(ErrorCodes.Cancelled, e.Message, Hint: e.Hint), App.ExitCode.Interrupted),
            OperationCanceledException when interrupted => new(new ErrorDetail(ErrorCodes.Cancelled, "Interrupted."), App.ExitCode.Interrupted),
            DataFolderException e => Of(new ErrorDetail(ErrorCodes.Unavailable, e.Message, "data", DataFolderException.Hint)),
            UnauthorizedAccessException e => Of(new ErrorDetail(ErrorCodes.Failed, e.Message, Hint: "Check the permissions of that path.")),
            IOException or InvalidDataException => Of(new ErrorDetail(ErrorCodes.Failed, exception.Message)),
            NotFiniteNumberException e => Of(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"{e.Message} All weights are numbers, so it overflows.",
                    "precision",
                    "Use --precision fp32, or a smaller scale of the LoRAs."
                )
            ),
            MissingLibraryException e => Of(new ErrorDetail(ErrorCodes.Failed, e.Message, Hint: e.Hint)),
            LibtorchException e => Of(new ErrorDetail(e.Field is null ? ErrorCodes.Failed : ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint)),
            DllNotFoundException e => Of(new ErrorDetail(ErrorCodes.Failed, e.Message, Hint: "Check this machine with: oneshot doctor")),
            // Orleans' own words hold types, addresses and frames.
            _ when ClusterClient.IsUnanswered(exception) => Of(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    "The silo that was asked did not answer, or could not read its state.",
                    Hint: "Try again; a job that was submitted goes on."
                )
            ),
            TypeInitializationException { InnerException: { } inner } => Of(inner, interrupted),
            _ => Of(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"Something unforeseen went wrong: {Wording.WithoutTypes(exception.Message)}",
                    Hint: "This is a defect of oneshot; ONESHOT_DEBUG=1 shows where it arose."
                )
            ),
        };

    /// <summary>Gives an error its exit code.</summary>
    /// <param name="error">The error.</param>
    /// <returns>The report.</returns>
    public static ErrorReport Of(ErrorDetail error) =>
        new(
            error.Bounded(),
            error.Code switch
            {
                ErrorCodes.InvalidInput or ErrorCodes.NotFound => App.ExitCode.BadInput,
                ErrorCodes.Cancelled => App.ExitCode.Cancelled,
                ErrorCodes.Unavailable => App.ExitCode.NotReachable,
                _ => App.ExitCode.Failed,
            }
        );
}
