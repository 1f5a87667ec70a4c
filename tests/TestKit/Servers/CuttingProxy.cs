using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>A TCP proxy on the loopback that breaks connections where a test says so.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _cuts;

    /// <summary>Starts it.</summary>
    /// <param name="target">The port of the loopback that it leads to.</param>
    public CuttingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Its own port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections broken so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>
    /// Asked for each piece that passes: true breaks the connection before the piece goes on. May change the piece. Pieces of one connection come one at a time
    /// a direction.
    /// </summary>
    public Func<Piece, bool> Cut { get; set; } = _ => false;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var connection = new Connection();
                await Task.WhenAny(PumpAsync(connection, client, server, up: true), PumpAsync(connection, server, client, up: false));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody behind the proxy: the client sees its connection closed.
            }

            client.LingerState = new LingerOption(true, 0); // a reset, not an orderly end
        }
    }

    private async Task PumpAsync(Connection connection, Socket from, Socket to, bool up)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
            {
                var piece = new Piece(connection, up, buffer.AsMemory(0, read));
                if (up && piece.Text.Contains(" HTTP/1.1\r\n", StringComparison.Ordinal))
                {
                    connection.Request = piece.Text[..piece.Text.IndexOf('\r', StringComparison.Ordinal)];
                    connection.Down = 0;
                }

                connection.Count(up, read);
                if (Cut(piece))
                {
                    Interlocked.Increment(ref _cuts);
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two has gone; so does the other.
        }
    }

    /// <summary>A connection through the proxy.</summary>
    public sealed class Connection
    {
        /// <summary>The first line of the newest request.</summary>
        public string Request { get; internal set; } = "";

        /// <summary>Bytes from the client so far.</summary>
        public long Up { get; private set; }

        /// <summary>Bytes to the client since the newest request.</summary>
        public long Down { get; internal set; }

        internal void Count(bool up, int bytes)
        {
            if (up)
            {
                Up += bytes;
            }
            else
            {
                Down += bytes;
            }
        }
    }

    /// <summary>Bytes that pass.</summary>
    /// <param name="Connection">Where.</param>
    /// <param name="Up">Whether they come from the client.</param>
    /// <param name="Bytes">The bytes.</param>
    public sealed record Piece(Connection Connection, bool Up, Memory<byte> Bytes)
    {
        /// <summary>The bytes as Latin-1.</summary>
        public string Text => Encoding.Latin1.GetString(Bytes.Span);
    }
}
