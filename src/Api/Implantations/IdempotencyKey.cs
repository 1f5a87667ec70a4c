using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
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
    /// <param name="prefix">Begins the id; one for each kind of job, since a caller may use a key for a job of each.</param>
    /// <returns>An id: of the same owner and key always the same.</returns>
    /// <exception cref="ProblemException">invalid_input: the key can't be one.</exception>
    public static string ToJobId(string owner, string key, DateTimeOffset now, string prefix = "i")
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
        return $"{prefix}-{Convert.ToHexStringLower(hash.AsSpan(0, HashBytes))}";
    }

    /// <summary>The refusal of a key that was sent with another request.</summary>
    /// <returns>conflict, as 422.</returns>
    public static ProblemException UsedForAnother() =>
        new(
            new ErrorDetail(ErrorCodes.Conflict, $"Another request was sent with this {Header} already.", Header, "Take a new key for a new job."),
            [],
            StatusCodes.Status422UnprocessableEntity
        );
}
