using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Documents.Http;

/// <summary>An error over HTTP (RFC 9457, <c>application/problem+json</c>).</summary>
public sealed record ProblemDocument
{
    /// <summary>The content type.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>What kind of error it is: a reference that is made of <see cref="Code"/>, the same for all of its kind.</summary>
    public required string Type { get; init; }

    /// <summary>The kind in words.</summary>
    public required string Title { get; init; }

    /// <summary>The status code of HTTP.</summary>
    public required int Status { get; init; }

    /// <summary>This error in one sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>One of <see cref="Errors.ErrorCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>What to do next; null where that is plain.</summary>
    public string? Hint { get; init; }

    /// <summary>Every field at fault; empty where no field is.</summary>
    public ImmutableArray<ProblemField> Errors { get; init; } = [];

    /// <summary>Whether the same call may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>The call's trace, by which the server's log tells more.</summary>
    public string? TraceId { get; init; }
}
