using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Transport;

/// <summary>
/// A way to a server: all that the use cases of this package need of it. Every call is repeated where that helps, and says why when it did not.
/// </summary>
public partial interface IOneShotTransport : IAsyncDisposable
{
    /// <summary>Where photos and masks go.</summary>
    IBlobTarget Inputs { get; }

    /// <summary>Trainings.</summary>
    IImplantationTransport Implantations { get; }

    /// <summary>Drawings of pictures.</summary>
    IJobTransport<GenerationRequest, GenerationStatus> Generations { get; }

    /// <summary>The models that jobs can name.</summary>
    IOneShotModels Models { get; }

    /// <summary>The caller's webhooks.</summary>
    IOneShotWebhooks Webhooks { get; }

    /// <summary>The keys by which callers of HTTP are known.</summary>
    IOneShotKeys Keys { get; }

    /// <summary>What works on jobs, and what waits for it.</summary>
    IOneShotCluster Cluster { get; }
}
