using OrleansOneShot.Client.Transport;

namespace OrleansOneShot.Client.Http;

/// <content>The way to dataset runs.</content>
internal sealed partial class HttpTransport
{
    /// <inheritdoc/>
    public IDatasetTransport Datasets => field ??= new HttpDatasets(_calls);
}
