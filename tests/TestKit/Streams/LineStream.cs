using System.Text;
using System.Threading.Channels;

namespace OrleansOneShot.TestKit.Streams;

/// <summary>Reads a stream of a process to its end, and lets a test wait for a line of it.</summary>
public sealed class LineStream
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _text = new();
    private readonly Task _reading;

    /// <summary>Begins to read.</summary>
    /// <param name="reader">The stream.</param>
    public LineStream(StreamReader reader) => _reading = Task.Run(() => ReadAsync(reader));

    /// <summary>All lines, once the stream has ended.</summary>
    public async Task<string> ToEndAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        return _text.ToString();
    }

    /// <summary>The next line that a test looks for; null if the stream ends without it.</summary>
    public async Task<string?> FindAsync(Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(cancellationToken))
        {
            if (wanted(line))
            {
                return line;
            }
        }

        return null;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _text.Append(line).Append('\n');
            _lines.Writer.TryWrite(line);
        }

        _lines.Writer.Complete();
    }
}
