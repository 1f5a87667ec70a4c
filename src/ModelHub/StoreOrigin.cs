using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// The files of models in a cluster's artifact store. The store itself goes on after broken connections; what that does not mend is tried again from where it
/// stopped.
/// </summary>
/// <param name="store">The store.</param>
internal sealed class StoreOrigin(IArtifactStore store) : IFileOrigin
{
    /// <inheritdoc/>
    public string Shown => "the artifact store";

    /// <inheritdoc/>
    public string Advice => "Delete the damaged file from the store and put the model there again with: oneshot models push MODEL --cluster ...";

    /// <inheritdoc/>
    public async Task<OriginBody?> OpenAsync(HostFile file, long from, string? etag, CancellationToken cancellationToken)
    {
        var stream = await GuardAsync(() => store.OpenReadAsync(StoredModels.FilePath(file), cancellationToken), file);
        var bytes = stream.Length;
        if (bytes != file.Bytes)
        {
            await stream.DisposeAsync();
            throw Broken($"has {bytes} bytes of {file.Path} where the model's manifest states {file.Bytes}");
        }

        stream.Position = from;
        return new OriginBody(from == 0, null, (buffer, token) => GuardAsync(() => stream.ReadAsync(buffer, token).AsTask(), file), stream.DisposeAsync);
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> call, HostFile file)
    {
        try
        {
            return await call();
        }
        catch (FileNotFoundException e)
        {
            throw Broken($"lacks {file.Path}, which the model's manifest names", e);
        }
        catch (Exception e) when (e is ArtifactStoreException { IsTransient: true } or ArtifactChangedException)
        {
            throw new HostFaultException(e.Message, inner: e);
        }
    }

    private OneShotException Broken(string what, Exception? inner = null) =>
        new(new ErrorDetail(ErrorCodes.Failed, $"The artifact store {what}.", "model", Advice), inner);
}
