using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Scheduling;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// A silo's word on its version of the contracts: given before it joins, renewed while it runs, taken back when it has left. Each renewal also asks whether
/// Redis still holds the cluster that the silo joined, and what time it is there.
/// </summary>
internal sealed partial class ContractClaim : IAsyncDisposable
{
    private static readonly TimeSpan s_period = ContractRegistry.Lifetime / 6;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly ContractRegistry _registry;
    private readonly ConnectionMultiplexer _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ErrorDetail> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>Ends when the cluster is drained, and this silo is to leave.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Where it stands whether the cluster is drained.</summary>
    public IDrainMark Mark => new RedisDrainMark(_registry, _version);

    /// <summary>Enters this silo.</summary>
    /// <param name="connection">The cluster's Redis; the claim's from now on.</param>
    /// <param name="serviceId">The service's id.</param>
    /// <param name="clusterId">The cluster's id, as it was configured.</param>
    /// <param name="version">This silo's version.</param>
    /// <param name="renewalPeriod">How often it is renewed; null takes a sixth of an entry's life.</param>
    /// <param name="patience">How long to wait for silos of an earlier version to leave, or for a drain to be taken back.</param>
    /// <param name="waits">Is told what is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The claim.</returns>
    /// <exception cref="OneShotException">
    /// unavailable: silos of another version are there, the cluster is drained, or Redis does not let a silo work with it.
    /// </exception>
    public static async Task<ContractClaim> EnterAsync(
        ConnectionMultiplexer connection,
        string serviceId,
        string clusterId,
        int version,
        TimeSpan? renewalPeriod = null,
        TimeSpan patience = default,
        Action<string>? waits = null,
        CancellationToken cancellationToken = default
    )
    {
        var registry = new ContractRegistry(connection, serviceId, clusterId);
        var claim = new ContractClaim(registry, connection, version, renewalPeriod ?? s_period);
        try
        {
            await claim.EnterAsync(patience, waits, cancellationToken);
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

    private async Task EnterAsync(TimeSpan patience, Action<string>? waits, CancellationToken cancellationToken)
    {
        var entry = new ClusterEntry(_version, _registry.Where, ContractRegistry.Lifetime);
        var began = Stopwatch.GetTimestamp();
        string? told = null;
        while (true)
        {
            var answer = await _registry.ClaimAsync(_version, _silo);
            if (entry.WhyNot(answer) is not { } error)
            {
                _last = answer;
                return;
            }

            if (!entry.MayChange(answer) || Stopwatch.GetElapsedTime(began) >= patience)
            {
                throw new OneShotException(error);
            }

            if (entry.Waiting(answer, patience) is var what && what != told)
            {
                told = what;
                waits?.Invoke(what);
            }

            await Task.Delay(s_look, cancellationToken);
        }
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
                            if (answer.Drain is { } mark && mark.ContractVersion >= _version)
                            {
                                _drained.TrySetResult();
                            }

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

/// <summary>The mark of a drained cluster, beside the entries of its silos.</summary>
/// <param name="registry">The entries.</param>
/// <param name="version">Version of the silos that are drained.</param>
internal sealed class RedisDrainMark(ContractRegistry registry, int version) : IDrainMark
{
    /// <inheritdoc/>
    public async Task<DrainMark?> ReadAsync() => await registry.FindDrainAsync() is { } mark && mark.ContractVersion >= version ? mark : null;

    /// <inheritdoc/>
    public Task<DrainMark> SetAsync() => registry.DrainAsync(version);

    /// <inheritdoc/>
    public Task ClearAsync() => registry.ResumeAsync();
}
