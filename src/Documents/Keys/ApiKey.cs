using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.Documents.Keys;

/// <summary>
/// A key's text, <c>os1_&lt;id&gt;_&lt;secret&gt;</c>: the id finds the record, the secret proves that the caller holds the key. Both are letters and digits,
/// so that a key is one word wherever it is pasted, and no other sign can part it.
/// </summary>
public sealed class ApiKey
{
    /// <summary>What every key begins with. The number changes with the form.</summary>
    public const string Prefix = "os1_";

    /// <summary>Longest id, in characters.</summary>
    public const int LongestId = 32;

    /// <summary>Shortest secret, in characters: as many as 256 bits take in letters and digits (62^43 > 2^256).</summary>
    public const int ShortestSecret = 43;

    /// <summary>Longest secret, in characters.</summary>
    public const int LongestSecret = 128;

    /// <summary>Longest text, in characters: whatever is longer is none, and is not looked at.</summary>
    public const int LongestText = 4 + LongestId + 1 + LongestSecret;

    // Of this program's own keys: people read ids aloud and type them; among 10,000 keys two of 60 bits don't meet.
    private const int OwnId = 12;
    private const string IdSigns = "0123456789abcdefghjkmnpqrstvwxyz";
    private const string SecretSigns = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly byte[] _hash;

    private ApiKey(string text, string id, string secret)
    {
        (Text, Id) = (text, id);
        // One round suffices: there are 2^256 secrets, and nobody guesses among those, however fast they hash. Slow hashes and salts are for passwords, which
        // people choose; here they would cost every call what they cost an attacker.
        _hash = SHA256.HashData(Encoding.ASCII.GetBytes(secret));
    }

    /// <summary>The form of a key in words, for messages.</summary>
    public static string Form { get; } =
        $"{Prefix}<id>_<secret> with an id of 1 to {LongestId} and a secret of {ShortestSecret} to {LongestSecret} letters and digits";

    /// <summary>The id, which is no secret.</summary>
    public string Id { get; }

    /// <summary>The whole text. It lets in whoever has it.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the secret, 32 bytes: what is stored and compared.</summary>
    public ReadOnlyMemory<byte> SecretHash => _hash;

    /// <summary>Makes a new key, of 256 random bits.</summary>
    /// <returns>The key.</returns>
    public static ApiKey Create()
    {
        var (id, secret) = (RandomNumberGenerator.GetString(IdSigns, OwnId), RandomNumberGenerator.GetString(SecretSigns, ShortestSecret));
        return new ApiKey($"{Prefix}{id}_{secret}", id, secret);
    }

    /// <summary>Whether a text can be a key's id.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True for 1 to <see cref="LongestId"/> ASCII letters and digits.</returns>
    public static bool IsId([NotNullWhen(true)] string? text) => text is { Length: >= 1 and <= LongestId } && text.All(char.IsAsciiLetterOrDigit);

    /// <summary>Reads a key, strictly: nothing before or behind it, no other signs.</summary>
    /// <param name="text">The text; or null.</param>
    /// <param name="key">The key; null if it is none.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ApiKey? key)
    {
        key = null;
        if (text is null || text.Length > LongestText || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        if (
            text[Prefix.Length..].Split('_') is [var id, { Length: >= ShortestSecret and <= LongestSecret } secret]
            && IsId(id)
            && secret.All(char.IsAsciiLetterOrDigit)
        )
        {
            key = new ApiKey(text, id, secret);
        }

        return key is not null;
    }

    /// <summary>The key without its secret.</summary>
    /// <returns>The form in which logs show it.</returns>
    public override string ToString() => $"{Prefix}{Id}_{Errors.SecretText.Hidden}";
}
