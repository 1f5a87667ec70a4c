using Orleans.Messaging;
using OrleansOneShot.Contracts;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Client.Cluster.Redis;

/// <summary>
/// A client's eye on its cluster, beside Orleans: what Redis knows of it, and what it means that no silo is reached. Each cause keeps its own sentence.
/// </summary>
internal sealed class ClusterConnection : IClientConnectionRetryFilter, IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly ConnectionMultiplexer _connection;
    private readonly ContractRegistry _registry;
    private readonly ClusterClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private ClusterView _view;

    private ClusterConnection(ConnectionMultiplexer connection, ContractRegistry registry, ClusterClientOptions options, ClusterView view, TimeProvider clock)
    {
        _connection = connection;
        _registry = registry;
        _options = options;
        _view = view;
        _clock = clock;
        _began = clock.GetTimestamp();
    }

    /// <summary>Looks at a cluster before Orleans does, which would say in a stack trace: no Redis there, a wrong password, silos of another version.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="OneShotException">unavailable.</exception>
    public static async Task<ClusterConnection> OpenAsync(ClusterClientOptions options, CancellationToken cancellationToken)
    {
        var connection = await ClusterRedis.ConnectAsync(ClusterRedis.Parse(options.Redis!), cancellationToken);
        try
        {
            var registry = new ContractRegistry(connection, options.ServiceId, options.ClusterId);
            return new ClusterConnection(
                connection,
                registry,
                options,
                await registry.RequireAsync(ContractVersion.Current).WaitAsync(cancellationToken),
                TimeProvider.System
            );
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asked by Orleans when no gateway let the client in: it is tried again for as long as a silo may come.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether to try again.</returns>
    /// <exception cref="OneShotException">unavailable: meanwhile Redis went away, or silos of another version came.</exception>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        await Task.Delay(s_pause, _clock, cancellationToken);
        var view = await _registry.RequireAsync(ContractVersion.Current).WaitAsync(cancellationToken);
        // Whoever was seen once is waited for: a silo that is started again enters itself long before it is ready.
        _view = view with
        {
            HasSilos = view.HasSilos || _view.HasSilos,
        };
        return _clock.GetElapsedTime(_began) < (_view.HasSilos ? _options.BusyTimeout : _options.ConnectTimeout);
    }

    /// <summary>What it means that no silo could be reached.</summary>
    /// <param name="gateways">Where silos are listed.</param>
    /// <param name="error">The failure.</param>
    /// <returns>unavailable, with the cause.</returns>
    public async Task<OneShotException> ExplainAsync(IGatewayListProvider gateways, Exception error)
    {
        try
        {
            return new OneShotException(await ExplainAsync(gateways, ClientRetries.IsOfState(error)), error);
        }
        catch (OneShotException e)
        {
            // Redis itself, or another version.
            return e;
        }
    }

    /// <summary>Whether Redis still holds the cluster that was connected to.</summary>
    /// <returns>When it does, or can't be asked.</returns>
    /// <exception cref="OneShotException">unavailable: it has lost its data.</exception>
    public async Task RequireSameAsync()
    {
        ClusterView view;
        try
        {
            view = await _registry.RequireAsync(ContractVersion.Current);
        }
        catch (OneShotException)
        {
            // Who asks knows more of what went wrong.
            return;
        }

        if (_view.Incarnation.Length > 0 && view.Incarnation != _view.Incarnation)
        {
            throw new OneShotException(Lost());
        }

        _view = view with { HasSilos = _view.HasSilos };
    }

    /// <summary>Whether silos of this program's version are there.</summary>
    /// <returns>False: all have left.</returns>
    /// <exception cref="OneShotException">unavailable: Redis does not answer.</exception>
    public Task<bool> HasSilosAsync() => _registry.HasSilosAsync(ContractVersion.Current);

    /// <summary>What Redis says of a cluster that was drained, and whose silos have left.</summary>
    /// <returns>The mark; null: it is not drained, or has not left yet.</returns>
    public DrainMark? Left => _view.HasSilos ? null : _view.Drain;

    /// <summary>Takes the drain back, when there is no silo that could.</summary>
    /// <returns>When durable.</returns>
    /// <exception cref="OneShotException">unavailable: Redis does not answer, or lets nobody write.</exception>
    public async Task ResumeAsync()
    {
        try
        {
            await _registry.ResumeAsync();
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw _registry.Refusal(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<ErrorDetail> ExplainAsync(IGatewayListProvider gateways, bool ofState)
    {
        var view = await _registry.RequireAsync(ContractVersion.Current);
        if (_view.Incarnation.Length > 0 && view.Incarnation != _view.Incarnation)
        {
            return Lost();
        }

        if (!view.HasSilos && view.Drain is not null)
        {
            return new ErrorDetail(
                ErrorCodes.Unavailable,
                $"The cluster at Redis {_registry.Where} is drained for an upgrade: its silos have left, and its jobs wait.",
                "cluster",
                "Start silos of a later version, or take it back with: oneshot cluster resume --cluster ..."
            );
        }

        if (!view.HasSilos)
        {
            return new ErrorDetail(
                ErrorCodes.Unavailable,
                $"No silo is registered at Redis {_registry.Where}.",
                "cluster",
                "Start one with: oneshot serve --cluster ..."
            );
        }

        if (ofState)
        {
            return new ErrorDetail(
                ErrorCodes.Unavailable,
                $"The silos could not read or write what they know of their jobs at Redis {_registry.Where}.",
                "cluster",
                "Try again; jobs that were submitted go on when Redis answers. If it lasts, look at Redis' log and the silos' logs."
            );
        }

        var addresses = await ListAsync(gateways);
        return addresses.Count == 0
            ? new ErrorDetail(
                ErrorCodes.Unavailable,
                $"A silo is registered at Redis {_registry.Where}, but has not joined the cluster yet.",
                "cluster",
                "Wait until it says that it is ready, and try again; its log says what it waits for."
            )
            : new ErrorDetail(
                ErrorCodes.Unavailable,
                $"Silos are registered at Redis {_registry.Where}, but none can be reached at "
                    + $"{string.Join(", ", addresses.Take(5))}{(addresses.Count > 5 ? $" and {addresses.Count - 5} more addresses" : "")}.",
                "cluster",
                "Check that they run (one that was killed stays registered for half a minute), and that this machine reaches those addresses: firewalls, "
                    + "--advertise, --gateway-port."
            );
    }

    private async Task<IReadOnlyList<string>> ListAsync(IGatewayListProvider gateways)
    {
        try
        {
            return [.. (await gateways.GetGateways()).Select(gateway => $"{gateway.Host}:{gateway.Port}").Distinct()];
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw _registry.Refusal(e);
        }
        catch (OrleansException)
        {
            // The table is gone, or not made yet.
            return [];
        }
    }

    private ErrorDetail Lost() =>
        new(
            ErrorCodes.Unavailable,
            $"Redis at {_registry.Where} has lost the data of this cluster, or was emptied: nobody knows its jobs any more.",
            "cluster",
            "When silos run again, list what had finished with: oneshot jobs recover --cluster ...; submit the others anew."
        );
}
