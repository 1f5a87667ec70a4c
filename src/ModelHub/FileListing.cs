using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using Polly;

namespace OrleansOneShot.ModelHub;

/// <summary>Reads a repository's list of files, page by page, within limits.</summary>
/// <param name="host">The host.</param>
/// <param name="retry">Repeats a page.</param>
internal sealed class FileListing(ModelHost host, ResiliencePipeline retry)
{
    private const int MaximumPages = 100;
    private const int MaximumFiles = 10_000;
    private const int MaximumPageBytes = 8 << 20;

    /// <summary>Lists the files.</summary>
    /// <returns>Every file of the revision; their paths are checked.</returns>
    /// <exception cref="OneShotException">The list can't be used.</exception>
    public async Task<IReadOnlyList<HostFile>> ReadAsync(string repository, string revision, CancellationToken cancellationToken)
    {
        var files = new List<HostFile>();
        var next = host.ListAddress(repository, revision);
        for (var page = 0; next is not null; page++)
        {
            if (page == MaximumPages || files.Count > MaximumFiles)
            {
                throw Unusable($"is longer than {MaximumPages} pages or {MaximumFiles} files");
            }

            var address = next;
            next = await retry.ExecuteAsync(async token => await ReadPageAsync(address, files, token), cancellationToken);
        }

        return files;
    }

    private async Task<Uri?> ReadPageAsync(Uri address, List<HostFile> files, CancellationToken cancellationToken)
    {
        using var response = await host.GetAsync(address, null, null, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await host.ReadAsync(body, buffer, cancellationToken) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaximumPageBytes)
            {
                throw Unusable($"has a page of more than {MaximumPageBytes} bytes");
            }
        }

        files.AddRange(Parse(bytes.ToArray()));
        return NextOf(address, response);
    }

    private List<HostFile> Parse(byte[] page)
    {
        try
        {
            return FilesOf(page);
        }
        catch (Exception e) when (e is UnusableJsonException or FormatException)
        {
            throw Unusable("is not in the layout of Hugging Face", e);
        }
    }

    /// <summary>The files of a page.</summary>
    /// <exception cref="UnusableJsonException">It is not in the layout of Hugging Face.</exception>
    /// <exception cref="FormatException">A file has a negative length.</exception>
    /// <exception cref="OneShotException">A path would leave the model's folder.</exception>
    internal static List<HostFile> FilesOf(ReadOnlySpan<byte> page)
    {
        var root = StrictJson.Parse(page, depth: 16);
        return root.ValueKind == JsonValueKind.Array
            ? [.. root.EnumerateArray().Where(entry => entry.Text("type") == "file").Select(FileOf)]
            : throw new UnusableJsonException("is no list");
    }

    private static HostFile FileOf(JsonElement entry)
    {
        var path = RepositoryPath.RequireWithin(entry.Text("path"));
        var isLarge = entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object;
        var bytes = isLarge && lfs.TryGetProperty("size", out _) ? lfs.Whole("size") : entry.Whole("size");
        return bytes < 0 ? throw new FormatException()
            : isLarge ? new HostFile(path, bytes, Hash(lfs, 64), null)
            : new HostFile(path, bytes, null, Hash(entry, 40));
    }

    private static string? Hash(JsonElement entry, int length)
    {
        var text = entry.TryGetProperty("oid", out var oid) && oid.ValueKind == JsonValueKind.String ? oid.GetString() : null;
        text = text is not null && text.StartsWith("sha256:", StringComparison.Ordinal) ? text["sha256:".Length..] : text;
        return text?.Length == length && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }

    // RFC 8288: <address>; rel="next", <address>; rel="last"
    private Uri? NextOf(Uri at, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
        {
            return null;
        }

        foreach (var link in string.Join(',', links).Split(',', StringSplitOptions.TrimEntries))
        {
            var end = link.IndexOf('>', StringComparison.Ordinal);
            if (end > 0 && link[0] == '<' && link.AsSpan(end).Contains("rel=\"next\"", StringComparison.Ordinal))
            {
                return Uri.TryCreate(at, link[1..end], out var next) && host.Owns(next) ? next : throw Unusable("goes on at another host");
            }
        }

        return null;
    }

    private OneShotException Unusable(string why, Exception? inner = null) =>
        new(new ErrorDetail(ErrorCodes.Failed, $"The list of files that {host.Shown} gives {why}.", "repo", "Check --base-url."), inner);
}

/// <summary>A file as the host's listing states it.</summary>
/// <param name="Path">Path within the repository, checked by <see cref="RepositoryPath"/>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 in lower-case hexadecimal, which hosts state for large files; or null.</param>
/// <param name="GitSha1">The id git gives to a file of these bytes, which hosts state for small files; or null.</param>
internal sealed record HostFile(string Path, long Bytes, string? Sha256, string? GitSha1)
{
    /// <summary>What tells these bytes from any others.</summary>
    public string Identity => Sha256 ?? GitSha1 ?? throw new InvalidOperationException($"The host states no hash of {Path}.");
}
