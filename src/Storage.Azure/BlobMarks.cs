using Azure.Storage;

namespace OrleansOneShot.Storage.Azure;

/// <summary>What is kept beside a blob's bytes.</summary>
internal static class BlobMarks
{
    /// <summary>Metadata: SHA-256 of the bytes. Append blobs have none.</summary>
    public const string Sha256 = "sha256";

    /// <summary>Metadata: a name for the call that wrote the blob. A writer whose answer was lost finds out by it whether it has won.</summary>
    public const string Writer = "writer";

    /// <summary>Hash in transit: the service compares it with what arrives.</summary>
    public static UploadTransferValidationOptions InTransit => new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    /// <summary>Metadata of a blob that is written whole.</summary>
    /// <param name="sha256">Hash of its bytes.</param>
    /// <param name="writer">The call.</param>
    /// <returns>Metadata.</returns>
    public static Dictionary<string, string> Of(string sha256, string writer) => new() { [Sha256] = sha256, [Writer] = writer };

    /// <summary>The hash in a blob's metadata.</summary>
    /// <param name="metadata">Metadata; null for none.</param>
    /// <returns>SHA-256; null if there is none.</returns>
    public static string? HashIn(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(Sha256, out var hash) && StorePaths.IsHash(hash) ? hash : null;

    /// <summary>Whether a call wrote a blob.</summary>
    /// <param name="metadata">The blob's metadata.</param>
    /// <param name="writer">The call.</param>
    /// <returns>True if it did.</returns>
    public static bool IsBy(IDictionary<string, string>? metadata, string writer) =>
        metadata is not null && metadata.TryGetValue(Writer, out var name) && name == writer;
}
