using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>
/// Writes log lines to one file, flushed line by line. A file that would grow beyond 8 MiB moves aside, also while its silo runs, and three such files stay; of
/// the folder's files the latest 50 are kept. What can't be written is dropped: a full disk must not end a job by its log. Secrets in messages and exceptions
/// are hidden.
/// </summary>
internal sealed class FileLoggerProvider : ILoggerProvider, ISupportExternalScope
{
    /// <summary>Most bytes of one file, but for a line that is longer.</summary>
    public const long LargestBytes = 8 << 20;

    /// <summary>Number of full files that stay: <c>.1</c> is the latest.</summary>
    public const int KeptParts = 3;

    private const int KeptFiles = 50;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly long _largest;
    private readonly bool _isJson;
    private readonly Stream? _copy;
    private IExternalScopeProvider? _scopes;
    private FileStream? _file;
    private bool _disposed;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="largestBytes">Most bytes of one file.</param>
    /// <param name="isJson">Whether each line is a JSON object.</param>
    /// <param name="copy">Gets every line as well; stays open. Null: the file is all.</param>
    public FileLoggerProvider(string path, long largestBytes = LargestBytes, bool isJson = false, Stream? copy = null)
    {
        RemoveOldest(Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        (_path, _largest, _isJson, _copy) = (path, largestBytes, isJson, copy);
        _file = Open();
    }

    /// <inheritdoc/>
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public ILogger CreateLogger(string categoryName) => new FileLogger(this, () => _scopes, categoryName);

    /// <summary>A provider of one of several hosts that write into the file: what stands around a line is each host's own.</summary>
    /// <returns>The provider; the file stays this one's.</returns>
    public ILoggerProvider ForHost() => new HostProvider(this);

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file?.Dispose();
        }
    }

    private static void RemoveOldest(DirectoryInfo folder)
    {
        foreach (var old in Directory.GetFiles(folder.FullName, "*.log*").OrderByDescending(file => LinkedFile.Find(file)?.WrittenUtc).Skip(KeptFiles))
        {
            try
            {
                // Outside of Windows a file that is open could be deleted. Who writes it holds a lock, which keeps this out.
                new FileStream(
                    old,
                    new FileStreamOptions
                    {
                        Mode = FileMode.Open,
                        Access = FileAccess.Write,
                        Share = FileShare.None,
                        Options = FileOptions.DeleteOnClose,
                    }
                ).Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another silo was faster, or writes it: one that lives may have had nothing to say for long.
            }
        }
    }

    private FileStream Open() => new(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    private void Write(LogLine said)
    {
        var line = _isJson ? said.ToJson(DateTimeOffset.UtcNow) : said.ToText(DateTimeOffset.UtcNow);
        lock (_gate)
        {
            try
            {
                _copy?.Write(line);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Nobody reads it any more; the file is still there.
            }

            try
            {
                if (!_disposed)
                {
                    Append(line);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException) { }
        }
    }

    private List<KeyValuePair<string, object?>> ValuesOf<TState>(TState state, IExternalScopeProvider? scopes)
    {
        var values = new List<KeyValuePair<string, object?>>();
        if (_isJson)
        {
            scopes?.ForEachScope(
                static (scope, all) =>
                {
                    // The web server's own scopes hold what callers wrote.
                    if (scope is IEnumerable<KeyValuePair<string, object?>> named)
                    {
                        all.AddRange(named.Where(value => value.Key is "JobId" or "RunId" or "Epoch" or "Trace"));
                    }
                },
                values
            );
            if (state is IEnumerable<KeyValuePair<string, object?>> own)
            {
                values.AddRange(own);
            }
        }

        return values;
    }

    private void Append(byte[] line)
    {
        // Null: it could not be opened again when it was moved aside.
        _file ??= Open();
        if (_file.Position > 0 && _file.Position + line.Length > _largest)
        {
            MoveAside(_file);
            _file ??= Open();
        }

        _file.Write(line);
    }

    private void MoveAside(FileStream full)
    {
        full.Dispose();
        _file = null;
        try
        {
            for (var part = KeptParts; part > 1; part--)
            {
                if (File.Exists(Part(part - 1)))
                {
                    File.Move(Part(part - 1), Part(part), overwrite: true);
                }
            }

            File.Move(_path, Part(1), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something is in the way: a log that grows is better than none.
        }
    }

    private string Part(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");

    private sealed class HostProvider(FileLoggerProvider file) : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? _own;

        public ILogger CreateLogger(string categoryName) => new FileLogger(file, () => _own, categoryName);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _own = scopeProvider;

        public void Dispose() { }
    }

    private sealed class FileLogger(FileLoggerProvider provider, Func<IExternalScopeProvider?> scopes, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(new LogLine(logLevel, category, formatter(state, exception), exception, provider.ValuesOf(state, scopes())));
    }
}
