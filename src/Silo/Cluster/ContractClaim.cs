using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// A silo's word on its version of the contracts: given before it joins, renewed while it runs, taken back when it has left. Each renewal also asks whether
/// Redis still holds the cluster that the silo joined, and what time it is there.
/// </summary>
internal sealed partial class ContractClaim : IAsyncDisposable
{
    private static readonly TimeSpan s_period = ContractRegistry.Lifetime / 6;

    private readonly ContractRegistry _registry;
    private readonly ConnectionMultiplexer _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ErrorDetail> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _silo = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid().ToString("N")[..8]}";
    private readonly int _version;
    private readonly TimeSpan _renewalPeriod;
    private ClaimAnswer _last;
    private Task _renewals = Task.CompletedTask;

    private ContractClaim(ContractRegistry registry, ConnectionMultiplexer connection, int version, TimeSpan renewalPeriod)
    {
        _registry = registry;
        _connection = connection;
        _version = version;
        _renewalPeriod = renewalPeriod;
        _last = new ClaimAnswer(default, ClaimOutcome.Entered, "");
    }

    /// <summary>Whether this silo is the first that its Redis knows.</summary>
    public bool Founded => _last.Outcome == ClaimOutcome.Founded;

    /// <summary>Redis' clock as the silo was entered, UTC.</summary>
    public DateTimeOffset Entered => _last.Now;

    /// <summary>Ends when Redis no longer holds the cluster that the silo joined, with what to say then.</summary>
    public Task<ErrorDetail> Lost => _lost.Task;

    /// <summary>Enters this silo.</summary>
    /// <param name="connection">The cluster's Redis; the claim's from now on.</param>
    /// <param name="serviceId">The service's id.</param>
    /// <param name="clusterId">The cluster's id.</param>
    /// <param name="version">This silo's version.</param>
    /// <param name="renewalPeriod">How often it is renewed; null takes a sixth of an entry's life.</param>
    /// <returns>The claim.</returns>
    /// <exception cref="OneShotException">unavailable: silos of another version are there, or Redis does not let a silo work with it.</exception>
    public static async Task<ContractClaim> EnterAsync(
        ConnectionMultiplexer connection,
        string serviceId,
        string clusterId,
        int version,
        TimeSpan? renewalPeriod = null
    )
    {
        var registry = new ContractRegistry(connection, serviceId, clusterId);
        var claim = new ContractClaim(registry, connection, version, renewalPeriod ?? s_period);
        try
        {
            claim._last = await registry.ClaimAsync(version, claim._silo);
            if (claim._last.Other is var (other, silo))
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Unavailable,
                        $"The cluster at Redis {registry.Where} has version {other} of the contracts (silo {silo}); this silo has version {version} and "
                            + $"can't join it.",
                        "cluster",
                        $"Stop the silos of version {other} first (one that was killed counts for {ContractRegistry.Lifetime.TotalSeconds:0} s more), or use "
                            + $"another database of that Redis, such as redis://HOST:PORT/1."
                    )
                );
            }

            return claim;
        }
        catch (RedisServerException e)
        {
            // A replica that only reads, or a user without the rights.
            await claim.DisposeAsync();
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"Redis at {registry.Where} does not let a silo work with it: {e.Message}",
                    "cluster",
                    "Give the address of a Redis that this user may write to."
                ),
                e
            );
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
    /// <param name="logger">Where to tell of silos of another version that came while Redis was out of reach, and of lost data.</param>
    /// <param name="clock">Is told Redis' clock at each renewal.</param>
    public void Keep(ILogger logger, ClusterClock? clock = null) => _renewals = RenewAsync(logger, clock);

    /// <summary>Asks Redis for an answer.</summary>
    /// <returns>When it came.</returns>
    /// <exception cref="RedisException">It is out of reach.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public Task PingAsync() => _connection.GetDatabase().PingAsync();

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

    private async Task RenewAsync(ILogger logger, ClusterClock? clock)
    {
        using var timer = new PeriodicTimer(_renewalPeriod);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    var answer = await _registry.ClaimAsync(_version, _silo, _last);
                    switch (answer.Outcome)
                    {
                        case ClaimOutcome.Lost or ClaimOutcome.Rewound:
                            var error = Explain(answer.Outcome);
                            LogLost(logger, error.Message);
                            _lost.TrySetResult(error);
                            return;
                        case ClaimOutcome.Refused:
                            LogOther(logger, answer.Other!.Value.Silo, answer.Other.Value.Version, _version);
                            break;
                        default:
                            _last = answer;
                            clock?.Adjust(answer.Now);
                            break;
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

    private ErrorDetail Explain(ClaimOutcome outcome) =>
        outcome == ClaimOutcome.Lost
            ? new ErrorDetail(
                ErrorCodes.Unavailable,
                $"Redis at {_registry.Where} has lost the data of this cluster, or was emptied, so this silo ends: nobody knows its jobs any more.",
                "cluster",
                "Start the silos again, then list what had finished with: oneshot jobs recover --cluster ... (docs/CLUSTER.md says how a Redis keeps its data)."
            )
            : new ErrorDetail(
                ErrorCodes.Unavailable,
                $"Redis at {_registry.Where} came back with data of an earlier moment, so this silo ends: it remembers what Redis has forgotten.",
                "cluster",
                "Start the silos again, then list what had finished with: oneshot jobs recover --cluster ... (docs/CLUSTER.md says how a Redis keeps its data)."
            );

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Silo {Other} has joined with version {OtherVersion} of the contracts, this one has {Version}: stop the silos of one version"
    )]
    private static partial void LogOther(ILogger logger, string other, int otherVersion, int version);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{What}")]
    private static partial void LogLost(ILogger logger, string what);
}
