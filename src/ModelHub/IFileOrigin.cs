using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>Where a model's files come from.</summary>
internal interface IFileOrigin
{
    /// <summary>Its name in messages.</summary>
    string Shown { get; }

    /// <summary>What to do when it sends other bytes than it states.</summary>
    string Advice { get; }

    /// <summary>Opens a file at an offset.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">First byte that is wanted.</param>
    /// <param name="etag">The version of which that part is wanted, else all of it; or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The bytes from there on, or all of them; null if there is nothing at that offset.</returns>
    /// <exception cref="HostFaultException">It can't be reached, or asks to come again.</exception>
    /// <exception cref="OneShotException">It refuses.</exception>
    Task<OriginBody?> OpenAsync(HostFile file, long from, string? etag, CancellationToken cancellationToken);
}

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
