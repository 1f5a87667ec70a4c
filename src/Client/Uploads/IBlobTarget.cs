namespace OrleansOneShot.Client.Uploads;

/// <summary>Where bytes go that are named by their SHA-256.</summary>
public interface IBlobTarget
{
    /// <summary>Whether the bytes are there, whole.</summary>
    /// <param name="sha256">Their SHA-256, 64 lower-case hexadecimal digits.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="IOException">It is out of reach.</exception>
    Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default);

    /// <summary>Marks bytes that are there as used now, so that no collection takes them away.</summary>
    /// <param name="sha256">Their SHA-256.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if they are gone: they are to be sent again.</returns>
    /// <exception cref="IOException">It is out of reach.</exception>
    Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default);

    /// <summary>Takes bytes, instead of damaged ones too.</summary>
    /// <param name="sha256">Their SHA-256.</param>
    /// <param name="content">The bytes, from the stream's position on; may be read again.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    /// <returns>False if the stream held others: nothing is left of them.</returns>
    /// <exception cref="IOException">It is full, read-only or out of reach.</exception>
    Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default);
}
