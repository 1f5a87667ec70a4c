using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// What an owner (key: the owner's name) has uploaded. An input is seen by those who uploaded it: its hash alone opens nothing, and does not tell whether
/// somebody else has. It is kept for a day after its upload or last use, longer while a job refers to it.
/// </summary>
[Alias("oneshot.IOwnerGrain")]
public interface IOwnerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Asked before an upload's body is read: whether the owner may upload that much. Its place is kept until <see cref="Uploaded"/> or
    /// <see cref="GiveUpUpload"/>, for an hour at most.
    /// </summary>
    /// <param name="sha256">SHA-256 of the bytes to come, 64 lower-case hexadecimal digits.</param>
    /// <param name="bytes">Length in bytes, or the most that will be read.</param>
    /// <returns>If there is room.</returns>
    /// <exception cref="OneShotException">
    /// limit: the owner uploads as many files at once as they may, or keeps as many bytes; the message says when to try again. invalid_input: no hash, or bytes
    /// below 0.
    /// </exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    [Alias("AdmitUpload")]
    Task AdmitUpload(string sha256, long bytes);

    /// <summary>The bytes are in the store under their hash: from now on the owner sees them. Repeating it is harmless.</summary>
    /// <param name="sha256">SHA-256 of the bytes.</param>
    /// <param name="bytes">Their length.</param>
    /// <returns>When durable.</returns>
    /// <exception cref="OneShotException">invalid_input: no hash, or bytes below 0.</exception>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    [Alias("Uploaded")]
    Task Uploaded(string sha256, long bytes);

    /// <summary>An admitted upload has ended without its bytes; one that was not admitted is fine.</summary>
    /// <param name="sha256">SHA-256 that it named.</param>
    /// <returns>When known.</returns>
    [Alias("GiveUpUpload")]
    Task GiveUpUpload(string sha256);

    /// <summary>Whether the owner has uploaded an input that is still there. Asking marks it as used.</summary>
    /// <param name="sha256">SHA-256 of its bytes.</param>
    /// <returns>False also for what only others have uploaded, and for what is no hash.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    [Alias("Has"), AlwaysInterleave]
    Task<bool> Has(string sha256);

    /// <summary>
    /// Which inputs of a request the owner has to upload first. The others are marked as used, so that they stay until the job refers to them.
    /// </summary>
    /// <param name="hashes">SHA-256 of each input.</param>
    /// <returns>Those that are missing, each once, in the order given.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    [Alias("Require"), AlwaysInterleave]
    Task<ImmutableArray<string>> Require(ImmutableArray<string> hashes);
}
