using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Http;

/// <summary>A server over HTTP (docs/HTTP.md).</summary>
internal sealed partial class HttpTransport : IOneShotTransport
{
    private readonly HttpCalls _calls;

    /// <summary>Creates the transport; makes no call.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">How calls are made.</param>
    public HttpTransport(Uri server, OneShotClientOptions options)
    {
        _calls = new HttpCalls(server, options);
        Inputs = new HttpBlobs(_calls);
        Implantations = new HttpImplantations(_calls);
        Generations = new HttpJobs<GenerationRequest, GenerationStatus>(_calls, "v1/generations");
        Models = new HttpModels(_calls);
        Webhooks = new HttpWebhooks(_calls);
        Keys = new HttpKeys(_calls);
        Cluster = new HttpCluster(_calls);
    }

    /// <inheritdoc/>
    public IBlobTarget Inputs { get; }

    /// <inheritdoc/>
    public IImplantationTransport Implantations { get; }

    /// <inheritdoc/>
    public IJobTransport<GenerationRequest, GenerationStatus> Generations { get; }

    /// <inheritdoc/>
    public IOneShotModels Models { get; }

    /// <inheritdoc/>
    public IOneShotWebhooks Webhooks { get; }

    /// <inheritdoc/>
    public IOneShotKeys Keys { get; }

    /// <inheritdoc/>
    public IOneShotCluster Cluster { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }
}
