using OrleansOneShot.Client.Transport;

namespace OrleansOneShot.Client.Cluster;

/// <content>The way to dataset runs.</content>
public sealed partial class ClusterTransport
{
    /// <inheritdoc/>
    public IDatasetTransport Datasets => field ??= new ClusterDatasets(client, owner);
}
