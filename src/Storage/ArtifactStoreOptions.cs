using OrleansOneShot.Storage.Azure;

namespace OrleansOneShot.Storage;

/// <summary>Which store holds the artifacts: exactly one of the two.</summary>
public sealed class ArtifactStoreOptions
{
    /// <summary>Environment variable with a connection string of Azure Blob Storage.</summary>
    public const string ConnectionVariable = "ONESHOT_BLOBS_CONNECTION";

    /// <summary>Environment variable that names a file which holds a connection string, such as a mounted secret.</summary>
    public const string ConnectionFileVariable = "ONESHOT_BLOBS_CONNECTION_FILE";

    /// <summary>Environment variable with the address of a blob service that knows this machine's identity.</summary>
    public const string ServiceVariable = "ONESHOT_BLOBS_URI";

    /// <summary>Environment variable with the client id of a user-assigned managed identity.</summary>
    public const string IdentityVariable = "ONESHOT_BLOBS_CLIENT_ID";

    /// <summary>Environment variable with the container's name.</summary>
    public const string ContainerVariable = "ONESHOT_BLOBS_CONTAINER";

    /// <summary>Environment variable with a prefix in the container.</summary>
    public const string PrefixVariable = "ONESHOT_BLOBS_PREFIX";

    /// <summary>A folder, for a store of files.</summary>
    public string? Folder { get; init; }

    /// <summary>A container, for a store in Azure Blob Storage.</summary>
    public AzureBlobOptions? Azure { get; init; }

    /// <summary>Takes the store from the environment: Blob Storage if a connection string, its file or a service is named there, else files.</summary>
    /// <param name="folder">The folder of a store of files.</param>
    /// <param name="variable">Gives an environment variable; null for this process's.</param>
    /// <returns>Options.</returns>
    /// <exception cref="ArgumentException">More than one is named, or an address or a file can't be read; the message names the variable and shows no secret.</exception>
    public static ArtifactStoreOptions FromEnvironment(string folder, Func<string, string?>? variable = null)
    {
        string? Get(string name) => (variable ?? Environment.GetEnvironmentVariable)(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
        var (connection, file, service) = (Get(ConnectionVariable), Get(ConnectionFileVariable), Get(ServiceVariable));
        var named = new[] { connection, file, service }.Count(value => value is not null);
        if (named == 0)
            return new ArtifactStoreOptions { Folder = folder };
        if (named > 1)
            throw new ArgumentException($"Only one of {ConnectionVariable}, {ConnectionFileVariable} and {ServiceVariable} may be set.");
        var defaults = new AzureBlobOptions();
        return new ArtifactStoreOptions
        {
            Azure = new AzureBlobOptions
            {
                ConnectionString = connection ?? (file is null ? null : ReadSecret(file)),
                ServiceUri = service is null ? null : ReadAddress(service),
                ManagedIdentityClientId = Get(IdentityVariable),
                Container = Get(ContainerVariable) ?? defaults.Container,
                Prefix = Get(PrefixVariable) ?? defaults.Prefix,
            },
        };
    }

    /// <summary>Where the artifacts are; no secret.</summary>
    /// <returns>Text for people.</returns>
    public override string ToString() => Azure?.ToString() ?? $"folder {Folder}";

    private static string ReadSecret(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } text ? text : throw new ArgumentException($"The file {file} of {ConnectionFileVariable} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The file {file} of {ConnectionFileVariable} can't be read: {e.Message}", e);
        }
    }

    // The text itself is not shown: somebody may have put a link with a signature there.
    private static Uri ReadAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
        ? uri
        : throw new ArgumentException($"{ServiceVariable} must be an address such as https://account.blob.core.windows.net.");
}
