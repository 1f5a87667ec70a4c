using System.Collections.Immutable;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Jobs;

/// <summary>What a job has made, be it an implantation or a generation.</summary>
/// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
public abstract class JobResult<TStatus>
    where TStatus : class, IJobStatus
{
    private readonly IResultSource _source;

    /// <summary>A result.</summary>
    /// <param name="status">The job, which has succeeded.</param>
    /// <param name="source">Where its files come from.</param>
    protected JobResult(TStatus status, IResultSource source)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(source);
        Status = status;
        _source = source;
    }

    /// <summary>All that is known of the job.</summary>
    public TStatus Status { get; }

    /// <summary>The files, by path relative to the result.</summary>
    public ImmutableArray<JobFile> Files => Status.Files;

    /// <summary>What the user should know, each one sentence.</summary>
    public ImmutableArray<string> Warnings => Status.Warnings;

    /// <summary>
    /// Puts all files into a folder, each compared with its hash, the manifest last. Files of the same names are replaced, others stay; a download that stops
    /// leaves the folder as it was.
    /// </summary>
    /// <param name="folder">Path of the folder; created if it is not there.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When all files are in place.</returns>
    /// <exception cref="IOException">The disk is full, or a file is damaged, lost or out of reach.</exception>
    /// <exception cref="OneShotException">unavailable, or the job was deleted meanwhile (not_found).</exception>
    public virtual Task DownloadAsync(string folder, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new ResultDownload(_source).RunAsync(Status.Id, folder, Status.Manifest, progress, cancellationToken);

    /// <summary>Opens one file, which is compared with its hash as it is read.</summary>
    /// <param name="path">Its path, one of <see cref="Files"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its bytes; the caller disposes of them. Reading fails at the end if they are others.</returns>
    /// <exception cref="OneShotException">not_found: the result has no such file.</exception>
    /// <exception cref="IOException">It is lost or out of reach.</exception>
    public virtual async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var files = await new ResultDownload(_source).ListAsync(Status.Id, Status.Manifest, cancellationToken);
        var file =
            files.FirstOrDefault(listed => listed.Path == path)
            ?? throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"The result of job {Status.Id} has no file {path}.", "path"));
        return VerifiedReader.Verify(await _source.OpenAsync(Status.Id, file, cancellationToken), file.Stored);
    }
}
