using OrleansOneShot.Client;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>A server's jobs over HTTP: those that the key's owner may see.</summary>
internal sealed class ServerSession : IJobSession
{
    private readonly IOneShotTransport _transport;

    /// <summary>Opens a session; makes no call.</summary>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="server">The server.</param>
    /// <exception cref="OneShotException">invalid_input: the key's file can't be read, or holds none.</exception>
    public ServerSession(SessionTarget target, ServerAddress server)
        : this(target, server.Open()) { }

    /// <summary>A session over a way of the caller's own, which becomes this object's.</summary>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="transport">The way.</param>
    internal ServerSession(SessionTarget target, IOneShotTransport transport)
    {
        Target = target;
        _transport = transport;
        Client = OneShotClient.Over(transport);
    }

    /// <inheritdoc/>
    public SessionTarget Target { get; }

    /// <summary>The use cases.</summary>
    public IOneShotClient Client { get; }

    /// <inheritdoc/>
    public OwnerRecord? Owner => null;

    /// <inheritdoc/>
    public CancellationToken Gone => CancellationToken.None;

    /// <inheritdoc/>
    public bool IsOpen => true;

    /// <inheritdoc/>
    public ResultDownload Results => new(_transport.Results);

    /// <summary>What a job would take; nothing is created.</summary>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OneShotException">invalid_input: it would be refused; unavailable.</exception>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken) =>
        _transport.EstimateAsync(request, cancellationToken);

    /// <inheritdoc/>
    public IWatchedJob GetJob(string id) => new ServerJob(Client.GetImplantation(id));

    /// <inheritdoc/>
    public Task<ImplantationStatus> CancelAsync(string id, CancellationToken cancellationToken) => _transport.CancelAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => _transport.DeleteAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken) => _transport.ListPageAsync(query, cancellationToken);

    /// <inheritdoc/>
    public string? PublishedFolder(ImplantationStatus status) => null;

    /// <inheritdoc/>
    public Task<OneShotException> ExplainAsync(Exception error) =>
        Task.FromResult(
            error as OneShotException
                ?? new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"{Target.Server} did not answer: {error.Message}", "server"), error)
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Client.DisposeAsync();

    /// <summary>A job whose server sees to it that somebody works on it.</summary>
    /// <param name="job">The job.</param>
    private sealed class ServerJob(ImplantationHandle job) : IWatchedJob
    {
        public Task<ImplantationStatus> GetStatusAsync(CancellationToken cancellationToken = default) => job.GetStatusAsync(cancellationToken);

        public Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default) => Task.FromResult(false);

        public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default) =>
            job.WatchAsync(fromSequence, cancellationToken);
    }
}
