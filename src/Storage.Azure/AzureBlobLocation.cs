namespace OrleansOneShot.Storage.Azure;

/// <summary>A store in a container of Azure Blob Storage.</summary>
/// <param name="options">Which container, and how to get at it.</param>
public sealed class AzureBlobLocation(AzureBlobOptions options) : StoreLocation
{
    /// <summary>The scheme of addresses: <c>azblob://ACCOUNT/CONTAINER/PREFIX</c>.</summary>
    public const string Scheme = "azblob";

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

    /// <summary>Which container, and how to get at it.</summary>
    public AzureBlobOptions Options { get; } = options;

    /// <summary>Takes the container from the environment.</summary>
    /// <param name="variable">Gives an environment variable; null for this process's.</param>
    /// <returns>The place; null if neither a connection string, nor its file, nor a service is named there.</returns>
    /// <exception cref="ArgumentException">
    /// More than one is named, or an address or a file can't be read; the message names the variable and shows no secret.
    /// </exception>
    public static AzureBlobLocation? FromEnvironment(Func<string, string?>? variable = null)
    {
        string? Get(string name) => Read(variable, name);
        var (connection, file, service) = (Get(ConnectionVariable), Get(ConnectionFileVariable), Get(ServiceVariable));
        var named = new[] { connection, file, service }.Count(value => value is not null);
        if (named == 0)
        {
            return null;
        }

        if (named > 1)
        {
            throw new ArgumentException($"Only one of {ConnectionVariable}, {ConnectionFileVariable} and {ServiceVariable} may be set.");
        }

        var defaults = new AzureBlobOptions();
        return new AzureBlobLocation(
            new AzureBlobOptions
            {
                ConnectionString = connection ?? (file is null ? null : ReadSecret(file)),
                ServiceUri = service is null ? null : ReadAddress(service),
                ManagedIdentityClientId = Get(IdentityVariable),
                Container = Get(ContainerVariable) ?? defaults.Container,
                Prefix = Get(PrefixVariable) ?? defaults.Prefix,
            }
        );
    }

    /// <summary>
    /// Reads an address such as <c>azblob://account/container/prefix</c>. It holds no secret: that is a connection string of the environment, which must be of
    /// the same account, or this machine's identity.
    /// </summary>
    /// <param name="address">The address. The account is its name, or the host of its blob service.</param>
    /// <param name="variable">Gives an environment variable; null for this process's.</param>
    /// <returns>The place.</returns>
    /// <exception cref="ArgumentException">The address is another, or the environment says something else as well; the message shows neither.</exception>
    public static AzureBlobLocation Parse(Uri address, Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        string? Get(string name) => Read(variable, name);
        if (
            address is not { IsAbsoluteUri: true, Scheme: Scheme, UserInfo: "", Query: "", Fragment: "", Host.Length: > 0 }
            || address.AbsolutePath.Split('/', 3) is not ["", { Length: > 0 } container, .. var rest]
        )
        {
            throw new ArgumentException(
                $"The address of a store in blob storage must be {Scheme}://ACCOUNT/CONTAINER or {Scheme}://ACCOUNT/CONTAINER/PREFIX, without a query or a "
                    + $"password."
            );
        }

        if (new[] { ServiceVariable, ContainerVariable, PrefixVariable }.FirstOrDefault(name => Get(name) is not null) is { } other)
        {
            throw new ArgumentException($"The store's address names its account, container and prefix; {other} says so as well and must not be set.");
        }

        var (connection, file) = (Get(ConnectionVariable), Get(ConnectionFileVariable));
        if (connection is not null && file is not null)
        {
            throw new ArgumentException($"Only one of {ConnectionVariable} and {ConnectionFileVariable} may be set.");
        }

        connection ??= file is null ? null : ReadSecret(file);
        return new AzureBlobLocation(
            new AzureBlobOptions
            {
                ConnectionString = connection,
                Account = connection is null ? null : address.Authority,
                ServiceUri = connection is null
                    ? new Uri(
                        $"https://{(address.Authority.AsSpan().ContainsAny('.', ':') ? address.Authority : $"{address.Authority}.blob.core.windows.net")}"
                    )
                    : null,
                ManagedIdentityClientId = Get(IdentityVariable),
                Container = container,
                Prefix = rest is [var prefix] ? prefix.TrimEnd('/') : "",
            }
        );
    }

    /// <inheritdoc/>
    public override IArtifactStore Open() => new AzureBlobArtifactStore(Options);

    /// <summary>The container and how it is reached; no secret.</summary>
    /// <returns>Text for people.</returns>
    public override string ToString() => Options.ToString();

    private static string? Read(Func<string, string?>? variable, string name) =>
        (variable ?? Environment.GetEnvironmentVariable)(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private static string ReadSecret(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } text
                ? text
                : throw new ArgumentException($"The file {file} of {ConnectionFileVariable} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The file {file} of {ConnectionFileVariable} can't be read: {e.Message}", e);
        }
    }

    // The text itself is not shown: somebody may have put a link with a signature there.
    private static Uri ReadAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
            ? uri
            : throw new ArgumentException($"{ServiceVariable} must be an address such as https://account.blob.core.windows.net.");
}
