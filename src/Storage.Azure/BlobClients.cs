using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace OrleansOneShot.Storage.Azure;

/// <summary>The library's clients of one container.</summary>
/// <param name="Retrying">Repeats failed requests by itself: for all that may be done twice.</param>
/// <param name="Single">Repeats nothing: for what has to look before it repeats (appends, downloads in the middle).</param>
internal sealed record BlobClients(BlobContainerClient Retrying, BlobContainerClient Single)
{
    /// <summary>Makes the clients; nothing is sent.</summary>
    /// <param name="options">Checked options.</param>
    /// <returns>The clients.</returns>
    /// <exception cref="ArgumentException">The connection string can't be read, or is that of another account.</exception>
    public static BlobClients Create(AzureBlobOptions options)
    {
        var transport = new HttpClientTransport(new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan });
        return new BlobClients(Connect(options, transport, options.Retries), Connect(options, transport, 0));
    }

    // Connections are opened anew every few minutes, so that a moved endpoint is found; a request never goes to another address than the one configured.
    private static SocketsHttpHandler Handler(AzureBlobOptions options) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };

    private static BlobContainerClient Connect(AzureBlobOptions options, HttpClientTransport transport, int retries)
    {
        var settings = new BlobClientOptions
        {
            Transport = transport,
            Retry =
            {
                Mode = RetryMode.Exponential, // with jitter of a fifth
                MaxRetries = retries,
                Delay = options.FirstDelay,
                MaxDelay = options.LongestDelay,
                NetworkTimeout = options.RequestTimeout,
            },
        };
        if (options.ServiceUri is { } uri)
        {
            var credential = new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.ManagedIdentityClientId });
            return new BlobServiceClient(uri, credential, settings).GetBlobContainerClient(options.Container);
        }

        BlobContainerClient client;
        try
        {
            client = new BlobContainerClient(options.ConnectionString, options.Container, settings);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The library's message may quote the text, which holds the key.
            throw new ArgumentException(
                "The connection string of the blob storage can't be read: it must look like "
                    + "DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net."
            );
        }

        return options.Account is null || options.Account == client.AccountName || options.Account == client.Uri.Authority
            ? client
            : throw new ArgumentException($"The store is to be in the account {options.Account}, but the connection string is that of {client.AccountName}.");
    }
}
