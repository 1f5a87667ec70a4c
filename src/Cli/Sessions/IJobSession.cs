using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>A way to jobs, wherever they are: a data folder's, a cluster's, or those of a server's caller.</summary>
internal interface IJobSession : IAsyncDisposable
{
    /// <summary>Where the jobs are.</summary>
    SessionTarget Target { get; }

    /// <summary>The other process of this machine that owns the jobs' folder; null where there is none.</summary>
    OwnerRecord? Owner { get; }

    /// <summary>Cancelled once <see cref="Owner"/> owns the folder no more; never, where there is none.</summary>
    CancellationToken Gone { get; }

    /// <summary>Whether whoever is behind the session still takes calls, as far as that shows without one.</summary>
    bool IsOpen { get; }

    /// <summary>The way to jobs' results.</summary>
    ResultDownload Results { get; }

    /// <summary>A job; makes no call.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>What can be followed.</returns>
    IWatchedJob GetJob(string id);

    /// <summary>Ends a job without result; an ended one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<ImplantationStatus> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it has not ended; unavailable.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>A page of jobs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input; unavailable.</exception>
    Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Where a job's files lie on this machine.</summary>
    /// <param name="status">The job.</param>
    /// <returns>Absolute path of the folder; null while nothing is published, and where artifacts are no files here.</returns>
    string? PublishedFolder(ImplantationStatus status);

    /// <summary>What it means that a call did not get through, after it was repeated.</summary>
    /// <param name="error">The call's failure.</param>
    /// <returns>unavailable, with the cause as far as it is known.</returns>
    Task<OneShotException> ExplainAsync(Exception error);
}
