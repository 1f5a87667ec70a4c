namespace OrleansOneShot.Silo.Models;

/// <summary>Bytes of a file, as its origin sends them.</summary>
/// <param name="isWhole">Whether they begin with the file's first.</param>
/// <param name="etag">What the origin calls this version; or null.</param>
/// <param name="read">Reads; 0 at the end. Fails with <see cref="HostFaultException"/> when asking again may help.</param>
/// <param name="close">Ends it.</param>
internal sealed class OriginBody(bool isWhole, string? etag, Func<Memory<byte>, CancellationToken, Task<int>> read, Func<ValueTask> close) : IAsyncDisposable
{
    /// <summary>Whether the bytes begin with the file's first.</summary>
    public bool IsWhole => isWhole;

    /// <summary>What the origin calls this version; or null.</summary>
    public string? ETag => etag;

    /// <summary>Reads the next bytes.</summary>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="HostFaultException">The connection broke or stalled.</exception>
    public Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => read(buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => close();
}
