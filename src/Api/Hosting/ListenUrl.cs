using System.Net;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Hosting;

/// <summary>Addresses to listen at.</summary>
internal static class ListenUrl
{
    /// <summary>Checks addresses.</summary>
    /// <param name="urls">The addresses.</param>
    /// <param name="field">The option that gave them.</param>
    /// <param name="example">One that can be.</param>
    /// <returns>The addresses.</returns>
    /// <exception cref="OneShotException">invalid_input.</exception>
    public static IReadOnlyList<Uri> ParseAll(IReadOnlyList<string> urls, string field, string example) =>
        urls.Count > 0
            ? [.. urls.Select(url => Parse(url, field, example))]
            : throw Refuse("No address to listen at was given.", field, $"Give one, such as {example}.");

    /// <summary>Whether this machine alone reaches an address.</summary>
    /// <param name="url">The address.</param>
    /// <returns>False also for names other than localhost: where they lead can change.</returns>
    public static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static Uri Parse(string text, string field, string example) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme == Uri.UriSchemeHttp
        && url.PathAndQuery == "/"
        && url.UserInfo.Length == 0
        && url.Fragment.Length == 0
            ? url
            : throw Refuse(
                $"{SecretText.Scrub(text)} is no address to listen at.",
                field,
                $"Give one such as {example}; for https put a proxy before it that holds the certificate."
            );

    private static OneShotException Refuse(string message, string field, string hint) => new(new ErrorDetail(ErrorCodes.InvalidInput, message, field, hint));
}
