using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Cluster;

/// <summary>
/// A cluster's gateway, or a silo in the same process, together with the store in which its files lie. Whoever reaches those two is trusted: this is for
/// services beside the cluster, and HTTP for all others.
/// </summary>
/// <param name="client">The way to the grains; disposed of with this.</param>
/// <param name="store">The artifacts.</param>
/// <param name="owner">Whose jobs and webhooks these are; others' are not there.</param>
public sealed partial class ClusterTransport(ClusterClient client, IArtifactStore store, string owner = ClusterTransport.DefaultOwner) : IOneShotTransport
{
    /// <summary>Whose jobs those are that nobody's name is on.</summary>
    public const string DefaultOwner = "local";

    /// <inheritdoc/>
    public IBlobTarget Inputs { get; } = new StoreBlobs(store, StorePaths.Blob);

    /// <inheritdoc/>
    public IImplantationTransport Implantations { get; } = new OwnerImplantations(client, new StoreResults(store), owner);

    /// <inheritdoc/>
    public IJobTransport<GenerationRequest, GenerationStatus> Generations { get; } = new OwnerGenerations(client, new StoreResults(store), owner);

    /// <inheritdoc/>
    public IOneShotModels Models { get; } = new GatewayModels(client, store);

    /// <inheritdoc/>
    public IOneShotWebhooks Webhooks { get; } = new GatewayWebhooks(client, owner);

    /// <inheritdoc/>
    public IOneShotKeys Keys { get; } = new GatewayKeys(client);

    /// <inheritdoc/>
    public IOneShotCluster Cluster { get; } = new GatewayCluster(client);

    /// <summary>Connects a client to a cluster.</summary>
    /// <param name="options">Where the cluster is.</param>
    /// <param name="store">Its artifacts.</param>
    /// <param name="owner">Whose jobs to submit and see.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The client.</returns>
    /// <exception cref="OneShotException">unavailable; the message tells the cause.</exception>
    public static async Task<IOneShotClient> ConnectAsync(
        ClusterClientOptions options,
        IArtifactStore store,
        string owner = DefaultOwner,
        CancellationToken cancellationToken = default
    ) => OneShotClient.Over(new ClusterTransport(await ClusterClient.ConnectAsync(options, cancellationToken), store, owner));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => client.DisposeAsync();
}
