using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace OrleansOneShot.Documents.Errors;

/// <summary>
/// Keeps secrets out of what people and logs read. <see cref="Scrub"/> stands at the border: in every <see cref="ErrorDetail"/>, every line of a log and every
/// message of progress, so that what a library puts into its exceptions, or a user into the wrong place, is not passed on. <see cref="ShowAddress"/> is for
/// addresses that a message quotes on purpose.
/// </summary>
public static partial class SecretText
{
    /// <summary>What stands instead of a secret.</summary>
    public const string Hidden = "***";

    // Shorter ones are words of their own, which would be hidden everywhere.
    private const int LeastRemembered = 6;
    private const int MostRemembered = 64;
    private static readonly ConcurrentDictionary<string, byte> s_remembered = new(StringComparer.Ordinal);

    /// <summary>
    /// Remembers a secret of this process, such as a password that was read from a file: from now on <see cref="Scrub"/> hides it wherever it stands, as it is
    /// or percent-encoded.
    /// </summary>
    /// <param name="secret">The secret; one of fewer than 6 characters is not remembered.</param>
    public static void Remember(string? secret)
    {
        if (secret is { Length: >= LeastRemembered } && s_remembered.Count < MostRemembered)
        {
            s_remembered.TryAdd(secret, 0);
            s_remembered.TryAdd(Uri.EscapeDataString(secret), 0);
        }
    }

    /// <summary>
    /// Hides what is or may be a secret in a text: user and password of addresses, passwords, keys and signatures given as NAME=VALUE, bearer tokens, keys of
    /// this program (<c>os1_&lt;id&gt;_&lt;secret&gt;</c>, of which the id stays), secrets of webhooks (<c>whsec_...</c>), and all that was remembered. The
    /// rest of such a word goes as well, since a password may hold any sign.
    /// </summary>
    /// <param name="text">Any text; or null.</param>
    /// <returns>The text without secrets.</returns>
    public static string? Scrub(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return text;
        }

        foreach (var secret in s_remembered.Keys)
        {
            text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        }

        text = ApiKeys().Replace(text, $"$1{Hidden}");
        text = UserInfo().Replace(text, $"$1{Hidden}@");
        text = Named().Replace(text, $"$1{Hidden}");
        text = WebhookSecrets().Replace(text, $"$1{Hidden}");
        return Bearer().Replace(text, $"$1{Hidden}");
    }

    /// <summary>An address as messages may quote it: scheme, host and port, and nothing that could be a secret.</summary>
    /// <param name="text">What was given as an address.</param>
    /// <returns>
    /// SCHEME://HOST[:PORT], with /... when more follows that is not shown; null for a text that is not of that form, of which nothing may be shown.
    /// </returns>
    public static string? ShowAddress(string? text) =>
        text is not null && PlainAddress().Match(text) is { Success: true } match
            ? match.Groups[1].Value + (match.Groups[2].Value.Length > 1 ? "/..." : "")
            : null;

    /// <summary>The name of a host as messages may quote it.</summary>
    /// <param name="host">What stands where a host's name or number belongs.</param>
    /// <returns>The host; <see cref="Hidden"/> for what can't be one.</returns>
    public static string ShowHost(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown ? Hidden : host;
    }

    // Up to the last @ of the word: a password may hold / and @ itself. %3A%2F%2F and %40 are :// and @.
    [GeneratedRegex("""((?:://|%3A%2F%2F))[^\s'"<>]*(?:@|%40)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    // A name that is a common word as well counts in a query alone.
    [GeneratedRegex(
        """((?:\b(?:password|passwd|pwd|passphrase|account[_-]?key|access[_-]?key|shared[_-]?access[_-]?\w*|sig|signature|secret|client[_-]?secret|access[_-]?token|api[_-]?key|x-amz-\w+)|[?&;](?:token|key|auth|code|pass))(?:=|%3D))(?!\.\.\.)[^\s'"<>]+""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Named();

    [GeneratedRegex("""\b(Bearer\s+)[^\s'"<>]{4,}""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bearer();

    // Also a part of one, and whatever its secret is made of, unless that is a template's place for it: it was meant to be one. %5F is _.
    [GeneratedRegex("""(os1(?:_|%5F)[a-z0-9]+(?:_|%5F))[^\s'"<>$({\[][^\s'"<>]*""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ApiKeys();

    [GeneratedRegex("""(whsec(?:_|%5F))[^\s'"<>$({\[][^\s'"<>]*""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WebhookSecrets();

    // No percent sign: what is encoded may be anything.
    [GeneratedRegex(
        """^([a-z][a-z0-9+.-]{0,20}://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?)((?:[/?#].*)?)$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline
    )]
    private static partial Regex PlainAddress();
}
