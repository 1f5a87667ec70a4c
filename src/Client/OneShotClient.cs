using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Generations;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client;

/// <summary>The use cases over a transport.</summary>
public sealed partial class OneShotClient : IOneShotClient
{
    private readonly IOneShotTransport _transport;
    private readonly Submission _submission;

    private OneShotClient(IOneShotTransport transport)
    {
        _transport = transport;
        _submission = new Submission(transport);
    }

    /// <summary>Uses a server over HTTP. Makes no call: the first one connects.</summary>
    /// <param name="server">Its address, such as http://127.0.0.1:8080.</param>
    /// <param name="options">The key, and how calls are made; null where the server needs none.</param>
    /// <returns>A client; the caller disposes of it.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the address is none, or the key's file can't be read or holds none.</exception>
    public static IOneShotClient Connect(Uri server, OneShotClientOptions? options = null) => new OneShotClient(new HttpTransport(server, options ?? new()));

    /// <summary>The way that <see cref="Connect"/> takes, for calls that a client has no method for, such as one page of a list. Makes no call.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">The key, and how calls are made; null where the server needs none.</param>
    /// <returns>The way; whoever gets it, as <see cref="Over"/> does, disposes of it.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the address is none, or the key's file can't be read or holds none.</exception>
    public static IOneShotTransport OpenHttp(Uri server, OneShotClientOptions? options = null) => new HttpTransport(server, options ?? new());

    /// <summary>Uses a server in a way of the caller's own.</summary>
    /// <param name="transport">The way; the client disposes of it.</param>
    /// <returns>A client.</returns>
    public static IOneShotClient Over(IOneShotTransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return new OneShotClient(transport);
    }

    /// <inheritdoc/>
    public IOneShotModels Models => _transport.Models;

    /// <inheritdoc/>
    public IOneShotWebhooks Webhooks => _transport.Webhooks;

    /// <inheritdoc/>
    public IOneShotKeys Keys => _transport.Keys;

    /// <inheritdoc/>
    public IOneShotCluster Cluster => _transport.Cluster;

    /// <inheritdoc/>
    public async Task<ImplantationHandle> ImplantAsync(
        Implantation implantation,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => new(await _submission.RunAsync(implantation, progress, cancellationToken), _transport.Implantations);

    /// <inheritdoc/>
    public Task<ImplantationEstimate> EstimateAsync(Implantation implantation, CancellationToken cancellationToken = default) =>
        _submission.EstimateAsync(implantation, cancellationToken);

    /// <inheritdoc/>
    public ImplantationHandle GetImplantation(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ImplantationHandle(id, _transport.Implantations);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<JobSummary> ListImplantationsAsync(JobQuery? query = null, CancellationToken cancellationToken = default) =>
        ListAsync(_transport.Implantations, query, cancellationToken);

    /// <inheritdoc/>
    public async Task<GenerationHandle> GenerateAsync(Generation generation, CancellationToken cancellationToken = default) =>
        new(await new Drawing(_transport).RunAsync(generation, cancellationToken), _transport.Generations);

    /// <inheritdoc/>
    public GenerationHandle GetGeneration(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new GenerationHandle(id, _transport.Generations);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<JobSummary> ListGenerationsAsync(JobQuery? query = null, CancellationToken cancellationToken = default) =>
        ListAsync(_transport.Generations, query, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    private static async IAsyncEnumerable<JobSummary> ListAsync<TStatus>(
        IJobTransport<TStatus> jobs,
        JobQuery? query,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where TStatus : class, IJobStatus
    {
        for (var next = query ?? new JobQuery(); next is not null;)
        {
            var page = await jobs.ListPageAsync(next, cancellationToken);
            foreach (var job in page.Jobs)
            {
                yield return job;
            }

            next = page.Next is null ? null : next with { Cursor = page.Next };
        }
    }
}
