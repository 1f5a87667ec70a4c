using OrleansOneShot.Common;

namespace OrleansOneShot.Client.Tests.Support;

/// <summary>All that was told of a transfer.</summary>
internal sealed class Told : IProgress<TransferProgress>
{
    public List<TransferProgress> All { get; } = [];

    public void Report(TransferProgress value) => All.Add(value);
}
