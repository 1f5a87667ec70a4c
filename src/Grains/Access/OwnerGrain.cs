using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Access;

/// <summary>
/// What an owner has uploaded. The marks in the store are the truth, so two activations lose none; memory holds what was read of them, and the uploads that are
/// under way. Reentrant: nothing here waits for anything but the store.
/// </summary>
[Reentrant]
internal sealed class OwnerGrain(IArtifactStore store, IOptions<OneShotGrainsOptions> options) : Grain, IOwnerGrain
{
    private const int ReadsAtOnce = 32;
    private const int MostMarkBytes = 1024;
    private const string BytesName = "bytes";

    // No upload has as many; sums of what marks say can't overflow.
    private const long MostBytes = 1L << 40;

    // Of an upload whose process has died.
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Mark> _marks = new(StringComparer.Ordinal);
    private readonly List<Admission> _admitted = [];
    private Task? _listing;

    private string Owner => this.GetPrimaryKeyString();

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public async Task AdmitUpload(string sha256, long bytes)
    {
        RequireUpload(sha256, bytes);
        await ListOnceAsync();
        var (now, most) = (Now, options.Value.MaxUploadedBytesPerOwner);
        _admitted.RemoveAll(upload => upload.Until <= now);
        foreach (var old in _marks.Where(mark => IsOld(mark.Value, now)).Select(mark => mark.Key).ToList())
        {
            _marks.Remove(old);
        }
        if (_admitted.Count >= options.Value.MaxUploadsPerOwner)
        {
            throw Refuse($"{Owner} uploads {_admitted.Count} files at once, the most for an owner", 1, "Wait for one of them to end.");
        }
        // The same bytes count once, however often they come.
        var kept = _marks
            .Select(mark => (Sha256: mark.Key, mark.Value.Bytes))
            .Concat(_admitted.Select(upload => (upload.Sha256, upload.Bytes)))
            .Where(upload => upload.Sha256 != sha256)
            .DistinctBy(upload => upload.Sha256)
            .Sum(upload => upload.Bytes);
        if (bytes > most - kept)
        {
            var oldest = _marks.Count == 0 ? s_patience : _marks.Values.Min(mark => mark.Used) + options.Value.CollectionGrace - now;
            throw Refuse(
                FormattableString.Invariant($"{Owner} keeps {kept:N0} bytes of uploads and may keep {most:N0}, which leaves no room for {bytes:N0}"),
                oldest.TotalSeconds,
                "Uploads count for a day after their last use."
            );
        }

        _admitted.Add(new Admission(sha256, bytes, now + s_patience));
    }

    public async Task Uploaded(string sha256, long bytes)
    {
        RequireUpload(sha256, bytes);
        var path = StorePaths.Upload(Owner, sha256);
        if (!await store.TouchAsync(path))
        {
            using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long> { [BytesName] = bytes }), writable: false);
            await store.WriteAsync(path, content);
        }
        _marks[sha256] = new Mark(Math.Min(bytes, MostBytes), Now);
        Release(sha256);
    }

    public Task GiveUpUpload(string sha256)
    {
        Release(sha256);
        return Task.CompletedTask;
    }

    public async Task<bool> Has(string sha256)
    {
        if (!StorePaths.IsHash(sha256) || !await IsMarkedAsync(sha256))
        {
            return false;
        }
        if (await IsThereAsync(StorePaths.Blob(sha256)))
        {
            return true;
        }
        // Its mark says nothing any more; with the next upload it does again.
        _marks.Remove(sha256);
        return false;
    }

    public async Task<ImmutableArray<string>> Require(ImmutableArray<string> hashes)
    {
        string[] asked = [.. hashes.Distinct(StringComparer.Ordinal)];
        var there = await Task.WhenAll(asked.Select(Has));
        return [.. asked.Where((_, i) => !there[i])];
    }

    private static void RequireUpload(string sha256, long bytes)
    {
        if (!StorePaths.IsHash(sha256))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"sha256 is '{SettingRules.Shown(sha256)}'; it must be the SHA-256 of the file, 64 lower-case hexadecimal digits.",
                    "sha256"
                )
            );
        }
        if (bytes < 0)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.InvalidInput, FormattableString.Invariant($"bytes is {bytes}; it must be 0 or more."), "bytes")
            );
        }
    }

    private static OneShotException Refuse(string why, double seconds, string hint)
    {
        var wait = Math.Max(1, Math.Ceiling(seconds));
        return new OneShotException(
            new ErrorDetail(ErrorCodes.Limit, string.Create(CultureInfo.InvariantCulture, $"{why}; try again in {wait} s."), "owner", hint)
        )
        {
            RetryAfter = TimeSpan.FromSeconds(wait),
        };
    }

    private bool IsOld(Mark mark, DateTimeOffset now) => mark.Used <= now - options.Value.CollectionGrace;

    private void Release(string sha256)
    {
        if (_admitted.FindIndex(upload => upload.Sha256 == sha256) is >= 0 and var one)
        {
            _admitted.RemoveAt(one);
        }
    }

    /// <summary>Looks whether an upload is marked, and marks it again: one that was marked of late can't have been collected, and is not asked for.</summary>
    private async Task<bool> IsMarkedAsync(string sha256)
    {
        if (_marks.TryGetValue(sha256, out var known) && known.Used > Now - (options.Value.CollectionGrace / 2))
        {
            return true;
        }
        var path = StorePaths.Upload(Owner, sha256);
        if (await ReadMarkAsync(path) is { } bytes && await IsThereAsync(path))
        {
            _marks[sha256] = new Mark(bytes, Now);
            return true;
        }
        _marks.Remove(sha256);
        return false;
    }

    // Touched, not read: a store of files would compute the hash of all its bytes. A touch that another one has overtaken did nothing and tells nothing.
    private async Task<bool> IsThereAsync(string path) => await store.TouchAsync(path) || await store.GetInfoAsync(path) is not null;

    private async Task ListOnceAsync()
    {
        try
        {
            await (_listing ??= ListAsync());
        }
        catch
        {
            // The next call tries again.
            _listing = null;
            throw;
        }
    }

    private async Task ListAsync()
    {
        var (prefix, now) = (StorePaths.Uploads(Owner), Now);
        var young = new List<(string Sha256, DateTimeOffset Used)>();
        await foreach (var file in store.ListUsesAsync(prefix))
        {
            if (StorePaths.IsHash(file.Path[prefix.Length..]) && !IsOld(new Mark(0, file.LastUsed), now))
            {
                young.Add((file.Path[prefix.Length..], file.LastUsed));
            }
        }

        foreach (var some in young.Chunk(ReadsAtOnce))
        {
            await Task.WhenAll(
                some.Select(async upload =>
                {
                    // What came meanwhile is newer.
                    if (await ReadMarkAsync(prefix + upload.Sha256) is { } bytes)
                    {
                        _marks.TryAdd(upload.Sha256, new Mark(bytes, upload.Used));
                    }
                })
            );
        }
    }

    /// <summary>The bytes of a marked upload; null: there is no mark. One that can't be read is still a mark.</summary>
    private async Task<long?> ReadMarkAsync(string path)
    {
        try
        {
            return await store.ReadAllBytesAsync(path, MostMarkBytes) is not { } content ? null
                : StrictJson.Parse(content).TryGetProperty(BytesName, out var bytes) && bytes.TryGetInt64(out var number) ? Math.Clamp(number, 0, MostBytes)
                : 0;
        }
        catch (Exception e) when (e is UnusableJsonException or ArtifactTooLargeException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>An upload of the owner.</summary>
    /// <param name="Bytes">Its bytes.</param>
    /// <param name="Used">When its mark was written or last touched.</param>
    private readonly record struct Mark(long Bytes, DateTimeOffset Used);

    /// <summary>An upload that is under way.</summary>
    /// <param name="Sha256">What it will be.</param>
    /// <param name="Bytes">The most that it will have.</param>
    /// <param name="Until">Until when it is waited for.</param>
    private sealed record Admission(string Sha256, long Bytes, DateTimeOffset Until);
}
