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
}
