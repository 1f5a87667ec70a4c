using System.Runtime.CompilerServices;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>A store whose operations are measured.</summary>
/// <param name="store">The store.</param>
/// <param name="instruments">Hears of each operation.</param>
internal sealed class MeteredArtifactStore(IArtifactStore store, OneShotInstruments instruments) : IArtifactStore
{
    private const string Ok = "ok";

    /// <inheritdoc/>
    public string Kind => store.Kind;

    /// <inheritdoc/>
    public async Task<ArtifactInfo> WriteAsync(string path, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        var info = await MeasureAsync("write", () => store.WriteAsync(path, content, condition, cancellationToken));
        instruments.OnArtifactBytes("write", Kind, info.Bytes);
        return info;
    }

    /// <inheritdoc/>
    public async Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken)
    {
        var length = await MeasureAsync("append", () => store.AppendAsync(path, content, expectedLength, cancellationToken));
        instruments.OnArtifactBytes("append", Kind, content.Length);
        return length;
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken)
    {
        var stream = await MeasureAsync("read", () => store.OpenReadAsync(path, cancellationToken));
        return new CountedStream(stream, bytes => instruments.OnArtifactBytes("read", Kind, bytes));
    }

    /// <inheritdoc/>
    public Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        MeasureAsync("info", () => store.GetInfoAsync(path, cancellationToken), info => info is null ? "not_found" : Ok);

    /// <inheritdoc/>
    public IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken) =>
        ListAsync(store.ListAsync(prefix, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListFoldersAsync(string folder, CancellationToken cancellationToken) =>
        ListAsync(store.ListFoldersAsync(folder, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, CancellationToken cancellationToken) =>
        ListAsync(store.ListUsesAsync(prefix, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TouchAsync(string path, CancellationToken cancellationToken) =>
        MeasureAsync("touch", () => store.TouchAsync(path, cancellationToken), done => done ? Ok : "not_found");

    /// <inheritdoc/>
    public Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken) =>
        MeasureAsync("delete", () => store.DeleteUnusedAsync(path, since, cancellationToken), done => done ? Ok : "not_found");

    /// <inheritdoc/>
    public Task ShowAsync(string folder, string view, CancellationToken cancellationToken) =>
        MeasureAsync("show", () => store.ShowAsync(folder, view, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => MeasureAsync("delete", () => store.DeleteAsync(path, cancellationToken));

    /// <inheritdoc/>
    public Task<int> DeletePrefixAsync(string prefix, CancellationToken cancellationToken) =>
        MeasureAsync("delete", () => store.DeletePrefixAsync(prefix, cancellationToken));

    private Task<bool> MeasureAsync(string operation, Func<Task> work) =>
        MeasureAsync(
            operation,
            async () =>
            {
                await work();
                return true;
            }
        );

    private async Task<T> MeasureAsync<T>(string operation, Func<Task<T>> work, Func<T, string>? outcomeOf = null)
    {
        var (began, outcome) = (TimeProvider.System.GetTimestamp(), Ok);
        try
        {
            var result = await work();
            outcome = outcomeOf?.Invoke(result) ?? Ok;
            return result;
        }
        catch (Exception e)
        {
            outcome = OutcomeOf(e);
            throw;
        }
        finally
        {
            instruments.OnArtifact(operation, Kind, outcome, TimeProvider.System.GetElapsedTime(began));
        }
    }

    // Also of one that is left before its end: that is no error.
    private async IAsyncEnumerable<T> ListAsync<T>(IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (began, outcome) = (TimeProvider.System.GetTimestamp(), Ok);
        var enumerator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await enumerator.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (Exception e)
                {
                    outcome = OutcomeOf(e);
                    throw;
                }

                yield return enumerator.Current;
            }
        }
        finally
        {
            await enumerator.DisposeAsync();
            instruments.OnArtifact("list", Kind, outcome, TimeProvider.System.GetElapsedTime(began));
        }
    }

    private static string OutcomeOf(Exception error) =>
        error switch
        {
            OperationCanceledException => "cancelled",
            FileNotFoundException or DirectoryNotFoundException => "not_found",
            ArtifactExistsException => "exists",
            ArtifactChangedException => "changed",
            ArtifactStoreException { Fault: ArtifactStoreFault.Unreachable } => "unreachable",
            ArtifactStoreException { Fault: ArtifactStoreFault.Denied } => "denied",
            ArtifactStoreException => "refused",
            _ => "error",
        };
}
