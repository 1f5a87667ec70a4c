using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Storage.Azure;

/// <summary>
/// Which container holds the artifacts, and how to get at it: a connection string, or the address of the service and this machine's identity.
/// </summary>
public sealed class AzureBlobOptions
{
    /// <summary>
    /// The connection string. It holds a key: take it from the environment or a file (<see cref="AzureBlobLocation.FromEnvironment"/>), never from a command
    /// line. Nothing here shows it.
    /// </summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ConnectionString { get; init; }

    /// <summary>Name of the account that the connection string must be of, or the host and port of its blob service; null: whichever it is of.</summary>
    public string? Account { get; init; }

    /// <summary>
    /// The blob service, such as <c>https://account.blob.core.windows.net</c>, reached with a managed identity or whatever else DefaultAzureCredential finds.
    /// Https, without a query.
    /// </summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The client id of a user-assigned managed identity; null for the machine's own.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>The container, which is created if it is not there and that is allowed.</summary>
    public string Container { get; init; } = "oneshot";

    /// <summary>Where in the container: a path as artifacts have them, or empty.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Bytes of a block. An upload holds at most <see cref="BlocksInFlight"/> + 1 of them in memory; files smaller than one go up in a single request.
    /// </summary>
    public int BlockBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Blocks of one upload that travel at the same time.</summary>
    public int BlocksInFlight { get; init; } = 3;

    /// <summary>How often a request is repeated: time-outs, broken connections, 408, 429 and 5xx.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>
    /// Wait before the first repetition; each further one doubles it, all with jitter. With the defaults: 0.2, 0.4, 0.8, 1.6, 3.2 and 6.4 s, 12.6 s in all.
    /// </summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait before a repetition.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time to open a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time for one request, and longest silence while a file is read. A block must get through in it.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Files a page of a listing: the most that the service gives.</summary>
    internal int PageSize { get; init; } = 5000;

    /// <summary>The container and how it is reached; no secret.</summary>
    /// <returns>Text for people.</returns>
    public override string ToString() =>
        $"container {Container}{(Prefix.Length == 0 ? "" : $", below {Prefix}/")}, "
        + $"{(ServiceUri is null ? "by a connection string" : $"at {BlobErrors.Show(ServiceUri)} by this machine's identity")}";

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One does not fit; the message names it and shows no secret.</exception>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(ConnectionString) == ServiceUri is null)
        {
            throw new ArgumentException("Blob storage needs either a connection string or the address of the service, and not both.");
        }
        if (
            ServiceUri is { } uri
            && !(uri.IsAbsoluteUri && uri.Scheme == Uri.UriSchemeHttps && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0)
        )
        {
            throw new ArgumentException(
                "The address of the blob service must be https://HOST without a query or a password, such as https://account.blob.core.windows.net."
            );
        }
        if (!IsContainer(Container))
        {
            throw new ArgumentException(
                $"'{Container}' can't be a container: 3 to 63 lower-case letters, digits and single '-' are allowed, with a letter or digit at both ends."
            );
        }
        if (Prefix.Length > 0)
        {
            ArtifactPath.Require(Prefix);
        }
        if (Prefix.Length > 100)
        {
            throw new ArgumentException($"The prefix has {Prefix.Length} characters; 100 are allowed, so that the longest path still fits a blob's name.");
        }
        Require(BlockBytes is >= 64 * 1024 and <= 100 * 1024 * 1024, nameof(BlockBytes), BlockBytes, "64 KiB to 100 MiB");
        Require(BlocksInFlight is >= 1 and <= 16, nameof(BlocksInFlight), BlocksInFlight, "1 to 16");
        Require(Retries is >= 0 and <= 20, nameof(Retries), Retries, "0 to 20");
        Require(FirstDelay > TimeSpan.Zero && FirstDelay <= LongestDelay, nameof(FirstDelay), FirstDelay, "more than 0, at most LongestDelay");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), ConnectTimeout, "more than 0");
        Require(RequestTimeout > TimeSpan.Zero, nameof(RequestTimeout), RequestTimeout, "more than 0");
    }

    private static void Require(bool fits, string option, IFormattable value, string range)
    {
        if (!fits)
        {
            throw new ArgumentException($"{option} of blob storage is {value.ToString(null, CultureInfo.InvariantCulture)}; {range} is allowed.");
        }
    }

    private static bool IsContainer(string name) =>
        name.Length is >= 3 and <= 63
        && name[0] != '-'
        && name[^1] != '-'
        && !name.Contains("--", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
