using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// A file that arrives in pieces, also over several runs: the bytes so far lie beside its place as <c>NAME.partial</c>, with a note of what they are part of.
/// It is hashed as it grows and moved to its place when the hash is right.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int BufferSize = 1 << 20;
    private const int MaximumMarkBytes = 64 * 1024;
    private readonly string _path;
    private readonly HostFile _file;
    private readonly FileStream _stream;
    private IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private IncrementalHash _git;

    private PartialFile(string path, HostFile file, FileStream stream)
    {
        _path = path;
        _file = file;
        _stream = stream;
        _git = NewGitHash(file);
    }

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>What the host called the version that the bytes are of; null if it said nothing.</summary>
    public string? ETag { get; private set; }

    /// <summary>Opens what an earlier run left, or starts anew when that belongs to other bytes.</summary>
    public static async Task<PartialFile> OpenAsync(string path, HostFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = new PartialFile(
            path,
            file,
            new FileStream(Beside(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1, FileOptions.Asynchronous)
        );
        try
        {
            if (ReadMark(path) is { } mark && mark.Identity == file.Identity && partial._stream.Length <= file.Bytes)
            {
                partial.ETag = mark.ETag;
                await partial.HashAllAsync(cancellationToken);
            }
            else
            {
                partial.Restart(null);
            }

            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>The SHA-256 of a file that is in its place already, if its bytes are the right ones.</summary>
    public static async Task<string?> FindWholeAsync(string path, HostFile file, CancellationToken cancellationToken)
    {
        if (LinkedFile.Find(path)?.Length != file.Bytes)
        {
            return null;
        }

        using var whole = new PartialFile(path, file, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous));
        await whole.HashAllAsync(cancellationToken);
        return whole.Matches(out var sha256) ? sha256 : null;
    }

    /// <summary>Drops all bytes.</summary>
    /// <param name="etag">What the host calls the version whose bytes follow; or null.</param>
    public void Restart(string? etag)
    {
        _stream.SetLength(0);
        Length = 0;
        ETag = etag;
        _sha256.Dispose();
        _git.Dispose();
        _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _git = NewGitHash(_file);
        File.WriteAllBytes(MarkOf(_path), JsonSerializer.SerializeToUtf8Bytes(new PartialMark(_file.Identity, etag), ModelJsonContext.Default.PartialMark));
    }

    /// <summary>Adds bytes to the end.</summary>
    /// <exception cref="OneShotException">The disk takes no more.</exception>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            // Not to be interrupted: the hash and the file must not part.
            _stream.Position = Length;
            await _stream.WriteAsync(bytes, CancellationToken.None);
        }
        catch (IOException e)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Failed, $"{_file.Path} can't be written: {e.Message}", "data", "Free space, or name another folder with --data."),
                e
            );
        }

        _sha256.AppendData(bytes.Span);
        _git.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>Moves the file to its place if its bytes are those that the host stated.</summary>
    /// <param name="sha256">The SHA-256 of what is there.</param>
    /// <returns>False, with everything as it was, if they are others.</returns>
    public bool TryFinish(out string sha256)
    {
        if (!Matches(out sha256))
        {
            return false;
        }

        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(Beside(_path), _path, overwrite: true);
        File.Delete(MarkOf(_path));
        return true;
    }

    /// <summary>Deletes what is there, which is of no use.</summary>
    public void Discard()
    {
        _stream.Dispose();
        File.Delete(Beside(_path));
        File.Delete(MarkOf(_path));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _sha256.Dispose();
        _git.Dispose();
    }

    private static string Beside(string path) => path + ".partial";

    private static string MarkOf(string path) => path + ".partial.json";

    private static PartialMark? ReadMark(string path)
    {
        try
        {
            return StrictJson.Read(StrictJson.ReadFile(MarkOf(path), MaximumMarkBytes), ModelJsonContext.Default.PartialMark);
        }
        catch (Exception e) when (e is FileNotFoundException or UnusableJsonException)
        {
            return null;
        }
    }

    // Git hashes a header with the length, then the bytes.
    // The listing comes over the same connection as the file, so this guards against damage, and the SHA-256 of weights against all else.
#pragma warning disable CA5350 // It is git's choice.
    private static IncrementalHash NewGitHash(HostFile file)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Bytes}\0")));
        return hash;
    }
#pragma warning restore CA5350

    private async Task HashAllAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        _stream.Position = 0;
        while (await _stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            _sha256.AppendData(buffer, 0, read);
            _git.AppendData(buffer, 0, read);
            Length += read;
        }
    }

    private bool Matches(out string sha256)
    {
        sha256 = Convert.ToHexStringLower(_sha256.GetCurrentHash());
        return Length == _file.Bytes && (_file.Sha256 is { } stated ? sha256 == stated : Convert.ToHexStringLower(_git.GetCurrentHash()) == _file.GitSha1);
    }
}

/// <summary>What is known of a file that is there in part.</summary>
/// <param name="Identity">Hash of the whole file, as the host stated it.</param>
/// <param name="ETag">What the host called the version that the bytes are of; null if it said nothing.</param>
internal sealed record PartialMark(string Identity, string? ETag);
