namespace OrleansOneShot.Documents.Errors;

/// <summary>The codes of errors, the same in the command line's documents, in HTTP and in grains.</summary>
public static class ErrorCodes
{
    /// <summary>Input that can't be used.</summary>
    public const string InvalidInput = "invalid_input";

    /// <summary>Nothing of that name.</summary>
    public const string NotFound = "not_found";

    /// <summary>Something else holds or has changed it.</summary>
    public const string Conflict = "conflict";

    /// <summary>A job names bytes that its owner has not uploaded, or that are gone: they are to be uploaded (again).</summary>
    public const string BlobMissing = "blob_missing";

    /// <summary>A limit is reached.</summary>
    public const string Limit = "limit";

    /// <summary>No or a wrong key.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>The key does not allow it.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>A service can't be reached.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>Ended by its owner.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Anything else.</summary>
    public const string Failed = "failed";
}
