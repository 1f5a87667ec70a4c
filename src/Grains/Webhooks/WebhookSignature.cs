using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>Signatures of Standard Webhooks (standardwebhooks.com), symmetric, version 1.</summary>
internal static class WebhookSignature
{
    /// <summary>Bytes of a secret.</summary>
    public const int SecretBytes = 32;

    private const string SecretPrefix = "whsec_";

    /// <summary>A secret as receivers are given it.</summary>
    /// <param name="secret">Its bytes.</param>
    /// <returns><c>whsec_</c> and base64.</returns>
    public static string Tell(byte[] secret) => SecretPrefix + Convert.ToBase64String(secret);

    /// <summary>Signs a message.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="timestamp">When it is sent, in seconds since 1970.</param>
    /// <param name="body">Its bytes.</param>
    /// <returns><c>v1,</c> and HMAC-SHA256 of <c>id.timestamp.body</c> in base64.</returns>
    public static string Sign(byte[] secret, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hash.AppendData(body);
        return "v1," + Convert.ToBase64String(hash.GetHashAndReset());
    }
}
