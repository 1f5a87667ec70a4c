using OrleansOneShot.Client;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
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
    public IOneShotClient Api => Client;

    /// <summary>What a job would take; nothing is created.</summary>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OneShotException">invalid_input: it would be refused; unavailable.</exception>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken) =>
        _transport.Implantations.EstimateAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ResultDownload ResultsOf(JobKind kind) => new(kind == JobKind.Generation ? _transport.Generations.Results : _transport.Implantations.Results);

    /// <inheritdoc/>
    public IWatchedJob<IJobStatus> GetJob(string id) => new EitherJob(Client.GetImplantation(id), Client.GetGeneration(id));

    /// <inheritdoc/>
    public async Task<IJobStatus> CancelAsync(string id, CancellationToken cancellationToken) =>
        await GetJob(id).GetStatusAsync(cancellationToken) is GenerationStatus
            ? await Client.GetGeneration(id).CancelAsync(cancellationToken)
            : await Client.GetImplantation(id).CancelAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken) => Client.GetImplantation(id).RetryAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(IJobStatus job, CancellationToken cancellationToken) =>
        job is GenerationStatus ? Client.GetGeneration(job.Id).DeleteAsync(cancellationToken) : Client.GetImplantation(job.Id).DeleteAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken) =>
        query.Kind == JobKind.Generation
            ? _transport.Generations.ListPageAsync(query, cancellationToken)
            : _transport.Implantations.ListPageAsync(query, cancellationToken);

    /// <inheritdoc/>
    public string? PublishedFolder(IJobStatus status) => null;

    /// <inheritdoc/>
    public Task<OneShotException> ExplainAsync(Exception error) =>
        Task.FromResult(
            error as OneShotException
                ?? new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"{Target.Server} did not answer: {error.Message}", "server"), error)
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Client.DisposeAsync();
}
