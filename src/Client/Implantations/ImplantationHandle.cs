using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Implantations;

/// <summary>A training on a server. Tests may derive from it: every method can be overridden.</summary>
public class ImplantationHandle : JobHandle<ImplantationStatus, ImplantationResult>
{
    private readonly IImplantationTransport? _jobs;

    /// <summary>For tests that derive from this class.</summary>
    /// <param name="id">The job's id.</param>
    protected ImplantationHandle(string id)
        : base(id) { }

    internal ImplantationHandle(string id, IImplantationTransport jobs)
        : base(id, jobs) => _jobs = jobs;

    /// <summary>
    /// Runs the job again, which has failed or was cancelled: under its id, from its last checkpoint if that is still there. Its events go on behind those that
    /// it has.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">
    /// not_found. conflict: the job goes on by itself, or has succeeded. blob_missing: its files are gone, and must be uploaded again. limit; unavailable.
    /// </exception>
    public virtual Task<ImplantationStatus> RetryAsync(CancellationToken cancellationToken = default) => Require(_jobs).RetryAsync(Id, cancellationToken);

    private protected override ImplantationResult Wrap(ImplantationStatus status, IResultSource files) => new(status, files);
}
