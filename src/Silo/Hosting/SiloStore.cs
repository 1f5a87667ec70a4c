using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Which store holds the artifacts of a data folder's jobs.</summary>
public static class SiloStore
{
    /// <summary>
    /// Environment variable that lets a process without a cluster keep its artifacts where a cluster would: "blobs". Without it they are files, whatever else
    /// the environment names: a laptop with a connection string for other purposes must not send anybody's photo away.
    /// </summary>
    public const string EmbeddedVariable = "ONESHOT_EMBEDDED_STORE";

    /// <summary>
    /// Environment variable with the store's address: <c>file:///srv/oneshot</c>, or <c>azblob://account/container/prefix</c> with a connection string of that
    /// account in <see cref="AzureBlobLocation.ConnectionVariable"/> or by this machine's identity.
    /// </summary>
    public const string AddressVariable = "ONESHOT_STORE";

    /// <summary>Chooses: what <see cref="AddressVariable"/> says, else blob storage if the environment names any, else files in the data folder.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="cluster">Whether the jobs are a cluster's.</param>
    /// <param name="variable">Gives an environment variable; null for this process's.</param>
    /// <returns>The choice; nothing is opened.</returns>
    /// <exception cref="OneShotException">invalid_input: the environment names no store that can be.</exception>
    public static StoreLocation Choose(DataFolder data, bool cluster, Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var embedded = (variable ?? Environment.GetEnvironmentVariable)(EmbeddedVariable);
        if (!string.IsNullOrWhiteSpace(embedded) && embedded.Trim() is not ("blobs" or "files"))
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, $"{EmbeddedVariable} is '{embedded}'; it must be 'files' or 'blobs'.", "store")
            );
        }
        if (!cluster && embedded?.Trim() != "blobs")
        {
            return new FileStoreLocation(data.Root);
        }
        try
        {
            var named = Named(variable);
            RememberSecrets((named as AzureBlobLocation)?.Options.ConnectionString);
            return named ?? new FileStoreLocation(data.Root);
        }
        catch (ArgumentException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, "store"), e);
        }
    }

    /// <summary>Opens a store.</summary>
    /// <param name="location">The choice.</param>
    /// <returns>The store; nothing is sent yet.</returns>
    /// <exception cref="OneShotException">invalid_input: an option does not fit. unavailable: the folder can't be created.</exception>
    public static IArtifactStore Open(StoreLocation location)
    {
        try
        {
            return location.Open();
        }
        catch (ArgumentException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, "store"), e);
        }
        catch (ArtifactStoreException e)
        {
            throw Unavailable(e);
        }
    }

    /// <summary>Tries a store out, so that a wrong key or a read-only folder shows at the start and not at the first checkpoint.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When it is known to work.</returns>
    /// <exception cref="OneShotException">unavailable: it does not; the message says why.</exception>
    public static async Task RequireWritableAsync(IArtifactStore store, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.CheckWritableAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(e);
        }
    }

    private static StoreLocation? Named(Func<string, string?>? variable)
    {
        var address = (variable ?? Environment.GetEnvironmentVariable)(AddressVariable)?.Trim();
        return string.IsNullOrEmpty(address) ? AzureBlobLocation.FromEnvironment(variable)
            : !Uri.TryCreate(address, UriKind.Absolute, out var uri) ? throw Unknown()
            : uri.Scheme switch
            {
                AzureBlobLocation.Scheme => AzureBlobLocation.Parse(uri, variable),
                "file" when address.StartsWith("file:", StringComparison.OrdinalIgnoreCase) => FileStoreLocation.Parse(uri),
                _ => throw Unknown(),
            };
    }

    // The text itself is not shown: somebody may have put a secret there.
    private static ArgumentException Unknown() =>
        new($"{AddressVariable} must be the address of a store: file:///FOLDER or {AzureBlobLocation.Scheme}://ACCOUNT/CONTAINER/PREFIX.");

    // Of "AccountName=...;AccountKey=...;EndpointSuffix=..." the key is the secret, or the signature of a SharedAccessSignature.
    private static void RememberSecrets(string? connection)
    {
        foreach (var part in connection?.Split(';', StringSplitOptions.TrimEntries) ?? [])
        {
            if (part.StartsWith("AccountKey=", StringComparison.OrdinalIgnoreCase))
            {
                SecretText.Remember(part["AccountKey=".Length..]);
            }
            else if (part.IndexOf("sig=", StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
            {
                SecretText.Remember(part[(at + "sig=".Length)..].Split('&')[0]);
            }
        }
    }

    private static OneShotException Unavailable(Exception e) =>
        new(
            new ErrorDetail(
                ErrorCodes.Unavailable,
                e.Message,
                "store",
                "Artifacts must be writable before a silo starts: check the folder of --data, or the ONESHOT_BLOBS_ variables."
            ),
            e
        );
}
