using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Jobs;

/// <summary>Keys under which a caller may submit again without making a second job: whoever lost the answer sends the same once more.</summary>
public static class IdempotencyKey
{
    /// <summary>The header of HTTP that carries one.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The header of an answer that was given before.</summary>
    public const string Replayed = "Idempotency-Replayed";

    /// <summary>Begins the ids of generations (<see cref="ToJobId"/>).</summary>
    public const string GenerationPrefix = "g";

    /// <summary>Longest key, in characters.</summary>
    public const int MostCharacters = 255;

    private const int HashBytes = 16;

    /// <summary>Makes a key that nobody has used.</summary>
    /// <returns>A UUID.</returns>
    public static string New() => Guid.NewGuid().ToString();

    /// <summary>The id of the job that is submitted under a key.</summary>
    /// <param name="owner">Whose job it is: two owners' keys never meet.</param>
    /// <param name="key">The key; empty makes a new id.</param>
    /// <param name="now">The time.</param>
    /// <param name="prefix">Begins the id; one for each kind of job, since a caller may use a key for a job of each.</param>
    /// <returns>An id: of the same owner and key always the same.</returns>
    /// <exception cref="OneShotException">invalid_input: the key can't be one.</exception>
    public static string ToJobId(string owner, string key, DateTimeOffset now, string prefix = "i")
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length == 0)
        {
            return JobId.New(now);
        }

        if (key.Length > MostCharacters || key.Any(c => c is < '!' or > '~'))
        {
            var message = $"{Header} must be 1 to {MostCharacters} visible ASCII characters.";
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, message, Header, "Take a UUID."))
            {
                Fields = [new ProblemField(Header, message)],
            };
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{owner.Length}:{owner}{key}"));
        return $"{prefix}-{Convert.ToHexStringLower(hash.AsSpan(0, HashBytes))}";
    }
}
