using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Silo.Models;

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
