using System.Net;
using System.Net.Sockets;

namespace OrleansOneShot.Chaos;

/// <summary>A TCP proxy on a fixed port that can be away: it refuses connections then, and those that were open are reset.</summary>
internal sealed class OutageProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly IPAddress _address;
    private TcpListener _listener;
    private Outage _outage = new();

    /// <summary>Starts it.</summary>
    /// <param name="target">The port of the loopback that it leads to.</param>
    /// <param name="address">An address of this machine, where it listens.</param>
    public OutageProxy(int target, IPAddress address)
    {
        _target = target;
        _address = address;
        _listener = new TcpListener(address, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _outage.Accepting = AcceptAsync(_listener, _outage.Begins.Token);
    }

    /// <summary>Its port, which stays.</summary>
    public int Port { get; }

    /// <summary>Goes away.</summary>
    public async Task CutAsync()
    {
        await _outage.Begins.CancelAsync();
        _listener.Stop();
        await _outage.Accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Comes back.</summary>
    public async Task MendAsync()
    {
        _outage.Begins.Dispose();
        _outage = new Outage();
        var bound = false;
        while (!bound)
        {
            try
            {
                _listener = new TcpListener(_address, Port);
                _listener.Start();
                bound = true;
            }
            catch (SocketException)
            {
                // Somebody's outgoing connection has taken the port for a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }

        _outage.Accepting = AcceptAsync(_listener, _outage.Begins.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _outage.Begins.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken outage)
    {
        while (true)
        {
            _ = ServeAsync(await listener.AcceptSocketAsync(outage), outage);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken outage)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, outage);
                await Task.WhenAny(PumpAsync(client, server, outage), PumpAsync(server, client, outage));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The client sees its connection reset.
            }

            client.LingerState = new LingerOption(true, 0);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken outage)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, outage)) > 0)
            {
                var sent = 0;
                while (sent < read)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), outage);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two has gone; so does the other.
        }
    }

    private sealed class Outage
    {
        public CancellationTokenSource Begins { get; } = new();

        public Task Accepting { get; set; } = Task.CompletedTask;
    }
}
