using System.Collections.Immutable;

namespace OrleansOneShot.Documents.Errors;

/// <summary>An error with a code, that grains throw and clients catch.</summary>
public class OneShotException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="detail">Code, message, field and hint.</param>
    /// <param name="inner">The cause.</param>
    public OneShotException(ErrorDetail detail, Exception? inner = null)
        : base(detail?.Bounded().Message, inner)
    {
        ArgumentNullException.ThrowIfNull(detail);
        Detail = detail.Bounded();
    }

    /// <summary>Code, message, field and hint.</summary>
    public ErrorDetail Detail { get; }

    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public string Code => Detail.Code;

    /// <summary>Every field at fault; empty where the error names none, or <see cref="ErrorDetail.Field"/> alone.</summary>
    public ImmutableArray<ProblemField> Fields { get; init; } = [];

    /// <summary>The status code of HTTP; null where the error did not come over HTTP.</summary>
    public int? Status { get; init; }

    /// <summary>The call's trace, by which the server's log tells more; null where the error did not come over HTTP.</summary>
    public string? RequestId { get; init; }

    /// <summary>In how long the server, or a limit, wants to be asked again; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>A field at fault.</summary>
/// <param name="Pointer">Where it stands in the body: a JSON pointer (RFC 6901); of a query or a header its name.</param>
/// <param name="Detail">What is wrong with it, in one sentence.</param>
public sealed record ProblemField(string Pointer, string Detail);
