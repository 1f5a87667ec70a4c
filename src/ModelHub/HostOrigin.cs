using System.Net;
using System.Net.Http.Headers;

namespace OrleansOneShot.ModelHub;

/// <summary>The files of a repository of a host.</summary>
/// <param name="host">The host.</param>
/// <param name="repository">OWNER/NAME.</param>
/// <param name="revision">Branch, tag or commit.</param>
internal sealed class HostOrigin(ModelHost host, string repository, string revision) : IFileOrigin
{
    /// <inheritdoc/>
    public string Shown => host.Shown;

    /// <inheritdoc/>
    public string Advice => "Try again later, or take the model from another host.";

    /// <inheritdoc/>
    public async Task<OriginBody?> OpenAsync(HostFile file, long from, string? etag, CancellationToken cancellationToken)
    {
        var version = EntityTagHeaderValue.TryParse(etag, out var parsed) && !parsed.IsWeak ? parsed : null;
        var address = host.FileAddress(repository, revision, file.Path);
        var response = await host.GetAsync(address, from > 0 ? new RangeHeaderValue(from, null) : null, from > 0 ? version : null, cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                response.Dispose();
                return null;
            }

            var isWhole = response.StatusCode == HttpStatusCode.OK;
            if (!isWhole && response.Content.Headers.ContentRange?.From != from)
            {
                throw new HostFaultException($"{host.Shown} sent another part of {file.Path} than was asked for.");
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new OriginBody(
                isWhole,
                isWhole ? response.Headers.ETag?.ToString() : null,
                (buffer, token) => host.ReadAsync(body, buffer, token),
                async () =>
                {
                    await body.DisposeAsync();
                    response.Dispose();
                }
            );
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
