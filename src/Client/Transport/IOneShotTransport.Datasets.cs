namespace OrleansOneShot.Client.Transport;

/// <content>The way to dataset runs.</content>
public partial interface IOneShotTransport
{
    /// <summary>Runs over many photos.</summary>
    IDatasetTransport Datasets { get; }
}
