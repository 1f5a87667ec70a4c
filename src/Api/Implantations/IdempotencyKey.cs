using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Implantations;

/// <summary>Ids of jobs that a caller may submit again without making another one.</summary>
internal static class IdempotencyKey
{
    /// <summary>The header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The header of an answer that was given before.</summary>
    public const string Replayed = "Idempotency-Replayed";

    private const int MostCharacters = 255;
    private const int HashBytes = 16;

    /// <summary>The id of a job.</summary>
    /// <param name="owner">Whose job it is: two owners' keys never meet.</param>
    /// <param name="key">The caller's key; empty makes a new id.</param>
    /// <param name="now">The time.</param>
    /// <returns>An id: of the same owner and key always the same.</returns>
    /// <exception cref="ProblemException">invalid_input: the key can't be one.</exception>
    public static string ToJobId(string owner, string key, DateTimeOffset now)
    {
        if (key.Length == 0)
        {
            return JobId.New(now);
        }

        if (key.Length > MostCharacters || key.Any(c => c is < '!' or > '~'))
        {
            throw new ProblemException(
                new ErrorDetail(ErrorCodes.InvalidInput, $"{Header} must be 1 to {MostCharacters} visible ASCII characters.", Header, "Take a UUID."),
                []
            );
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{owner.Length}:{owner}{key}"));
        return "i-" + Convert.ToHexStringLower(hash.AsSpan(0, HashBytes));
    }
}
