using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>
/// Writes log lines to one file, flushed line by line; a file of more than 8 MiB moves aside at the next start, and of the folder's files the latest 50 are kept. What can't be written
/// is dropped: a full disk must not end a job by its log. Secrets in messages and exceptions are hidden.
/// </summary>
internal sealed class FileLoggerProvider : ILoggerProvider
{
    private const long LargestBytes = 8 << 20;
    private const int KeptFiles = 50;

    private readonly Lock _gate = new();
    private readonly StreamWriter _writer;

    public FileLoggerProvider(string path)
    {
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        RemoveOldest(folder);
        var file = new FileInfo(path);
        if (file.Exists && file.Length > LargestBytes)
        {
            file.MoveTo(path + ".1", overwrite: true);
        }

        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    public ILogger CreateLogger(string categoryName) => new FileLogger(this, categoryName);

    public void Dispose()
    {
        lock (_gate)
        {
            _writer.Dispose();
        }
    }

    private static void RemoveOldest(DirectoryInfo folder)
    {
        foreach (var old in folder.GetFiles("*.log*").OrderByDescending(file => file.LastWriteTimeUtc).Skip(KeptFiles))
        {
            try
            {
                // Outside of Windows a file that is open could be deleted. Who writes it holds a lock, which keeps this out.
                new FileStream(old.FullName, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.None, Options = FileOptions.DeleteOnClose }).Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another silo was faster, or writes it: one that lives may have had nothing to say for long.
            }
        }
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var time = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            try
            {
                _writer.WriteLine(SecretText.Scrub($"{time} {level} {category} {message}{(exception is null ? "" : Environment.NewLine + exception)}"));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
            }
        }
    }

    private sealed class FileLogger(FileLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(logLevel, category, formatter(state, exception), exception);
    }
}
