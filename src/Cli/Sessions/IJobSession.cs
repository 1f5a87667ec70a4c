using OrleansOneShot.Client;
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

    /// <summary>What a program would use there: the server, or whoever works on the jobs. Stays the session's.</summary>
    IOneShotClient Api { get; }

    /// <summary>The way to the results of jobs of one kind.</summary>
    /// <param name="kind">The kind.</param>
    ResultDownload ResultsOf(JobKind kind);

    /// <summary>A job of either kind; makes no call.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>What can be followed.</returns>
    IWatchedJob<IJobStatus> GetJob(string id);

    /// <summary>Ends a job without result; an ended one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<IJobStatus> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Runs a training again that has failed or was cancelled, under its id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it goes on by itself, or has succeeded; blob_missing; limit; unavailable.</exception>
    Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it has not ended; unavailable.</exception>
    Task DeleteAsync(IJobStatus job, CancellationToken cancellationToken);

    /// <summary>A page of jobs of the query's kind, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input; unavailable.</exception>
    Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Where a job's files lie on this machine.</summary>
    /// <param name="status">The job.</param>
    /// <returns>Absolute path of the folder; null while nothing is published, and where artifacts are no files here.</returns>
    string? PublishedFolder(IJobStatus status);

    /// <summary>What it means that a call did not get through, after it was repeated.</summary>
    /// <param name="error">The call's failure.</param>
    /// <returns>unavailable, with the cause as far as it is known.</returns>
    Task<OneShotException> ExplainAsync(Exception error);
}
