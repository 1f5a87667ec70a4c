using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Which store holds the artifacts of a data folder's jobs.</summary>
public static class SiloStore
{
    /// <summary>
    /// Environment variable that lets a process without a cluster keep its artifacts where a cluster would: "blobs". Without it they are files, whatever else the environment names: a
    /// laptop with a connection string for other purposes must not send anybody's photo away.
    /// </summary>
    public const string EmbeddedVariable = "ONESHOT_EMBEDDED_STORE";

    /// <summary>Chooses.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="cluster">Whether the jobs are a cluster's.</param>
    /// <param name="variable">Gives an environment variable; null for this process's.</param>
    /// <returns>The choice; nothing is opened.</returns>
    /// <exception cref="OneShotException">invalid_input: the environment names no store that can be.</exception>
    public static ArtifactStoreOptions Choose(DataFolder data, bool cluster, Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var embedded = (variable ?? Environment.GetEnvironmentVariable)(EmbeddedVariable);
        if (!string.IsNullOrWhiteSpace(embedded) && embedded.Trim() is not ("blobs" or "files"))
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"{EmbeddedVariable} is '{embedded}'; it must be 'files' or 'blobs'.", "store"));
        if (!cluster && embedded?.Trim() != "blobs")
            return new ArtifactStoreOptions { Folder = data.Root };
        try
        {
            var options = ArtifactStoreOptions.FromEnvironment(data.Root, variable);
            RememberSecrets(options.Azure?.ConnectionString);
            return options;
        }
        catch (ArgumentException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, "store"), e);
        }
    }

    /// <summary>Opens a store.</summary>
    /// <param name="options">The choice.</param>
    /// <returns>The store; nothing is sent yet.</returns>
    /// <exception cref="OneShotException">invalid_input: an option does not fit. unavailable: the folder can't be created.</exception>
    public static IArtifactStore Open(ArtifactStoreOptions options)
    {
        try
        {
            return ArtifactStores.Create(options);
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
        new(new ErrorDetail(ErrorCodes.Unavailable, e.Message, "store", "Artifacts must be writable before a silo starts: check the folder of --data, or the ONESHOT_BLOBS_ variables."), e);
}
