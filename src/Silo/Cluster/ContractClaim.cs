using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Redis;
using OrleansOneShot.Contracts.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>A silo's word on its version of the contracts: given before it joins, renewed while it runs, taken back when it has left.</summary>
internal sealed partial class ContractClaim : IAsyncDisposable
{
    private static readonly TimeSpan s_period = ContractRegistry.Lifetime / 6;

    private readonly ContractRegistry _registry;
    private readonly ConnectionMultiplexer _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _silo = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid().ToString("N")[..8]}";
    private readonly int _version;
    private Task _renewals = Task.CompletedTask;

    private ContractClaim(ContractRegistry registry, ConnectionMultiplexer connection, int version)
    {
        _registry = registry;
        _connection = connection;
        _version = version;
    }

    /// <summary>Enters this silo.</summary>
    /// <param name="connection">The cluster's Redis; the claim's from now on.</param>
    /// <param name="serviceId">The service's id.</param>
    /// <param name="clusterId">The cluster's id.</param>
    /// <param name="version">This silo's version.</param>
    /// <returns>The claim.</returns>
    /// <exception cref="OneShotException">unavailable: silos of another version are there, or Redis does not let a silo work with it.</exception>
    public static async Task<ContractClaim> EnterAsync(ConnectionMultiplexer connection, string serviceId, string clusterId, int version)
    {
        var registry = new ContractRegistry(connection, serviceId, clusterId);
        var claim = new ContractClaim(registry, connection, version);
        try
        {
            if (await registry.ClaimAsync(version, claim._silo) is var (other, silo))
            {
                throw new OneShotException(new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"The cluster at Redis {registry.Where} has version {other} of the contracts (silo {silo}); this silo has version {version} and can't join it.",
                    "cluster",
                    $"Stop the silos of version {other} first (one that was killed counts for {ContractRegistry.Lifetime.TotalSeconds:0} s more), or use another database of that Redis, such as redis://HOST:PORT/1."));
            }

            return claim;
        }
        catch (RedisServerException e)
        {
            // A replica that only reads, or a user without the rights.
            await claim.DisposeAsync();
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Redis at {registry.Where} does not let a silo work with it: {e.Message}", "cluster", "Give the address of a Redis that this user may write to."), e);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            await claim.DisposeAsync();
            throw registry.Refusal(e);
        }
        catch
        {
            await claim.DisposeAsync();
            throw;
        }
    }

    /// <summary>Keeps the entry until disposed of.</summary>
    /// <param name="logger">Where to tell of silos of another version that came while Redis was out of reach.</param>
    public void Keep(ILogger logger) => _renewals = RenewAsync(logger);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewals;
        try
        {
            await _registry.ReleaseAsync(_version, _silo);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // The entry lapses by itself.
        }

        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RenewAsync(ILogger logger)
    {
        using var timer = new PeriodicTimer(s_period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    if (await _registry.ClaimAsync(_version, _silo) is var (other, silo))
                    {
                        LogOther(logger, other, silo, _version);
                    }
                }
                catch (Exception e) when (e is RedisException or TimeoutException)
                {
                    // Redis is away; the silo itself tells that, and goes on or not.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Silo {Other} has joined with version {OtherVersion} of the contracts, this one has {Version}: stop the silos of one version")]
    private static partial void LogOther(ILogger logger, int otherVersion, string other, int version);
}
