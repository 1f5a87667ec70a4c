using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;

namespace OrleansOneShot.Storage.Azure;

/// <summary>Turns what the library throws into one sentence that names the container, the file and the fix.</summary>
/// <param name="container">The container's address; user, password and what follows '?' are never shown.</param>
internal sealed class BlobErrors(Uri container)
{
    private readonly string _where = Show(container);

    /// <summary>An address without user, password, query and fragment.</summary>
    /// <param name="address">The address.</param>
    /// <returns>SCHEME://HOST[:PORT]/PATH; "***" for one that is not absolute.</returns>
    public static string Show(Uri address) =>
        address.IsAbsoluteUri ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : "***";

    /// <summary>Runs a request; answers that the caller expects must be caught inside it.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="what">What is done, such as "writing jobs/1/manifest.json".</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Tells the caller's cancellation from a time-out.</param>
    /// <returns>What the request gives.</returns>
    /// <exception cref="ArtifactStoreException">It failed.</exception>
    public async Task<T> GuardAsync<T>(string what, Func<Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request();
        }
        catch (Exception e) when (IsOfStore(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Explain(what, e);
        }
    }

    /// <summary>Whether an answer says that there is no such blob.</summary>
    /// <param name="error">The answer.</param>
    /// <returns>True if the container is there and the blob is not.</returns>
    public static bool IsNoBlob(RequestFailedException error) =>
        error.Status == 404 && error.ErrorCode != BlobErrorCode.ContainerNotFound && error.ErrorCode != BlobErrorCode.ResourceNotFound;

    /// <summary>Whether an answer says that a condition of the request does not hold.</summary>
    /// <param name="error">The answer.</param>
    /// <returns>True if it does.</returns>
    public static bool IsCondition(RequestFailedException error) => error.Status == 412 || error.ErrorCode == BlobErrorCode.BlobAlreadyExists;

    /// <summary>Says what happened.</summary>
    /// <param name="what">What was done.</param>
    /// <param name="error">What the library threw.</param>
    /// <returns>The error to throw.</returns>
    public ArtifactStoreException Explain(string what, Exception error)
    {
        if (Innermost<AuthenticationFailedException>(error) is not null)
        {
            return New(
                ArtifactStoreFault.Denied,
                $"This machine's identity got no token for the artifact store {_where} ({what}). Give it a managed identity with the role "
                    + "Storage Blob Data Contributor, or use a connection string.",
                error
            );
        }

        return Innermost<RequestFailedException>(error) is not { Status: not 0 } answer
            ? New(
                ArtifactStoreFault.Unreachable,
                $"The artifact store {_where} can't be reached ({what}). Check its address and the network, then try again.",
                error
            )
            : answer.Status switch
            {
                401 or 403 => New(
                    ArtifactStoreFault.Denied,
                    $"The artifact store {_where} does not allow {what} ({Code(answer)}): the key is wrong, or this identity may only read. "
                        + "Give it the role Storage Blob Data Contributor.",
                    error
                ),
                404 when answer.ErrorCode == BlobErrorCode.ContainerNotFound || answer.ErrorCode == BlobErrorCode.ResourceNotFound => New(
                    ArtifactStoreFault.Missing,
                    $"The container {_where} of the artifact store does not exist ({what}). Create it, or allow this identity to.",
                    error
                ),
                408 or 429 or >= 500 => New(
                    ArtifactStoreFault.Unreachable,
                    $"The artifact store {_where} can't answer now ({what}; {Code(answer)}). Try again later.",
                    error
                ),
                409 when answer.ErrorCode == BlobErrorCode.ContainerBeingDeleted => New(
                    ArtifactStoreFault.Unreachable,
                    $"The container {_where} of the artifact store is being deleted ({what}). Try again later.",
                    error
                ),
                _ => New(ArtifactStoreFault.Refused, $"The artifact store {_where} refused {what}: {Code(answer)}.", error),
            };
    }

    // Cancellations that the caller did not ask for are the library's time-outs.
    private static bool IsOfStore(Exception error) =>
        error switch
        {
            ArtifactStoreException or ArtifactChangedException or ArtifactExistsException or ArtifactCorruptException or FileNotFoundException => false,
            RequestFailedException or AuthenticationFailedException or IOException or HttpRequestException or OperationCanceledException or TimeoutException =>
                true,
            AggregateException several => several.InnerExceptions.All(IsOfStore),
            _ => false,
        };

    private static T? Innermost<T>(Exception error)
        where T : Exception =>
        error switch
        {
            T found => found,
            AggregateException several => several.InnerExceptions.Reverse().Select(Innermost<T>).FirstOrDefault(found => found is not null),
            _ => null,
        };

    private static string Code(RequestFailedException answer) =>
        string.IsNullOrEmpty(answer.ErrorCode) ? $"status {answer.Status}" : $"{answer.ErrorCode}, status {answer.Status}";

    private static ArtifactStoreException New(ArtifactStoreFault fault, string message, Exception inner) => new(fault, message, inner);
}
