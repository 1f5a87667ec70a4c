using Orleans.Runtime.Messaging;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Faults;

/// <summary>
/// Sorts the errors of runs, of lent slots and of self-tests: the one place that says whose an error is. It looks through what wraps an error, since layers
/// above translate what they can't know to be the machine's: a model's file that may not be read is bad input only for who gave the file.
/// </summary>
public static class Fault
{
    /// <summary>Longest sentence of an error that a job keeps, in characters.</summary>
    public const int LongestMessage = 600;

    private const string NothingPublished = "Nothing was published.";

    /// <summary>Whose an error is.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Whose.</returns>
    public static FaultKind Of(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (error is OutageException)
        {
            return FaultKind.Store;
        }
        if (error is AggregateException { InnerExceptions.Count: > 0 } several)
        {
            return several.InnerExceptions.Max(Of);
        }
        for (var link = error; link is not null; link = link.InnerException)
        {
            switch (link)
            {
                // The bytes are not those that were named: no other machine gets others.
                case ArtifactCorruptException or ArtifactChangedException or ArtifactExistsException:
                    return FaultKind.Request;
                // One that refuses (full, read-only, a wrong key) may refuse this machine alone: only another one can tell.
                case ArtifactStoreException store:
                    return store.IsTransient ? FaultKind.Store : FaultKind.Machine;
                case SiloLacksException:
                case var _ when MachineErrors.Is(link):
                    return FaultKind.Machine;
            }
        }

        // Of input and output without a number that says more: files are the machine's.
        return error is IOException ? FaultKind.Machine : FaultKind.Request;
    }

    /// <summary>Whether a machine's error leaves its silo sound for other jobs.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsLack(Exception? error) => error is not null && (error is SiloLacksException || IsLack(error.InnerException));

    /// <summary>An error as its job shows it: a sentence of bounded length, without the frames that native libraries add.</summary>
    /// <param name="error">The error.</param>
    /// <returns>Its code, sentence and hint.</returns>
    public static ErrorDetail Describe(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var kind = Of(error);
        if (error is OneShotException known)
        {
            var code = kind == FaultKind.Machine && !IsLack(error) && known.Detail.Code == ErrorCodes.InvalidInput ? ErrorCodes.Failed : known.Detail.Code;
            return known.Detail with { Code = code, Message = Cut(known.Detail.Message) };
        }

        if (error is OutOfMemoryException)
        {
            return Memory("The machine has too little memory for this job.");
        }
        if (MachineErrors.IsMemory(error))
        {
            return Memory($"The machine has too little memory for this job: {Cut(error.Message)}");
        }
        if (MachineErrors.IsLibrary(error))
        {
            return new ErrorDetail(
                ErrorCodes.Failed,
                $"The machine lacks a library that the engine needs: {Cut(Innermost(error).Message)}",
                null,
                "Run oneshot doctor on that machine."
            );
        }
        return error is IOException or UnauthorizedAccessException
            ? new ErrorDetail(ErrorCodes.Failed, Cut(error.Message), null, NothingPublished)
            : new ErrorDetail(ErrorCodes.Failed, $"The engine failed: {Cut(Wording.WithoutTypes(error.Message))}");
    }

    /// <summary>What is away while a call is tried again, and why. Orleans' own words hold types, addresses and frames; they are for the log.</summary>
    /// <param name="error">Why the last try failed.</param>
    /// <returns>To follow "Waits for ".</returns>
    public static string Away(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error switch
        {
            OrleansMessageRejectionException or ConnectionFailedException => "another silo: it does not answer",
            ArtifactStoreException or IOException or UnauthorizedAccessException or OneShotException => $"the store: {Cut(error.Message)}",
            _ when error.GetType() == typeof(TimeoutException) => "another silo: it does not answer",
            _ => "the cluster: a grain can't be reached, or can't read or write its state",
        };
    }

    private static ErrorDetail Memory(string message) => new(ErrorCodes.Limit, message, null, "Use a smaller resolution, bf16, or a machine with more memory.");

    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;

    /// <summary>The first line, within the bound: libtorch adds its source's lines and a stack to what it says.</summary>
    /// <param name="message">The message.</param>
    /// <returns>What is shown of it.</returns>
    public static string Cut(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var line = message.AsSpan().Trim();
        if (line.IndexOfAny('\r', '\n') is > 0 and var end)
        {
            line = line[..end].TrimEnd();
        }
        return Wording.Cut(line.ToString(), LongestMessage);
    }
}

/// <summary>Whose an error of a run is: that decides whether its job fails, goes on later, or goes on elsewhere.</summary>
public enum FaultKind
{
    /// <summary>The request's: it would fail on any machine, so the job fails at once. Also what nobody foresaw: a defect is the same everywhere.</summary>
    Request = 0,

    /// <summary>A store or another service is away: the job is queued again and goes on when it is back.</summary>
    Store = 1,

    /// <summary>
    /// The machine's on which it happened, its way to the store included: the job goes on elsewhere, and the silo takes no more jobs until it has passed its
    /// self-test.
    /// </summary>
    Machine = 2,
}
