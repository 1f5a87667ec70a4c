using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Access;

/// <summary>What is kept and told of a key that is used: when, coarsely, and never its secret.</summary>
public sealed class KeyUsesTests : IAsyncLifetime
{
    private readonly TestWorld _world = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly LogRecorder _log = new();
    private int _writes;

    private IKeyRegistryGrain Registry => _world.Cluster.Client.GetGrain<IKeyRegistryGrain>(0);

    public async ValueTask InitializeAsync()
    {
        _world.BeforeStateWrite = grain =>
        {
            if (grain.StartsWith("key-uses ", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _writes);
            }
            return Task.CompletedTask;
        };
        await StartAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Authenticate_ManyCalls_AreWrittenOnceAMinute()
    {
        var key = await AddAsync();
        await UseUntilAsync(key, 1);
        for (var i = 0; i < 10; i++)
        {
            await UseAsync(key);
        }
        Assert.Equal(1, _writes);

        _clock.Advance(TimeSpan.FromSeconds(59));
        await UseAsync(key);
        Assert.Equal(1, _writes);
        Assert.Equal(_clock.GetUtcNow(), Assert.Single(await Registry.List()).LastUsed);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UseUntilAsync(key, 2);
        await UseAsync(key);
        Assert.Equal(2, _writes);
    }

    [Fact]
    public async Task Authenticate_SiloStops_LosesNoUse()
    {
        var key = await AddAsync();
        Assert.Null(Assert.Single(await Registry.List()).LastUsed);
        await UseAsync(key);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await UseAsync(key);
        var last = _clock.GetUtcNow();
        await _world.StopAsync();
        await StartAsync();
        Assert.Equal(last, Assert.Single(await Registry.List()).LastUsed);
    }

    [Fact]
    public async Task Authenticate_RefusedCalls_AreNoUse()
    {
        var key = await AddAsync();
        Assert.Equal(KeyVerdict.Wrong, (await Registry.Authenticate(key.Id, new byte[32])).Verdict);
        Assert.Equal(0, _writes);
        Assert.Null(Assert.Single(await Registry.List()).LastUsed);
    }

    [Fact]
    public async Task Authenticate_UsesCanNotBeWritten_LetsInAllTheSame()
    {
        var key = await AddAsync();
        var count = _world.BeforeStateWrite!;
        _world.BeforeStateWrite = async grain =>
        {
            await count(grain);
            throw new IOException("The disk is full.");
        };
        await UseUntilAsync(key, 1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await UseUntilAsync(key, 2);
        Assert.Equal(_clock.GetUtcNow(), Assert.Single(await Registry.List()).LastUsed);

        // With the next write they are stored.
        _world.BeforeStateWrite = count;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await UseAsync(key);
        await _world.StopAsync();
        await StartAsync();
        Assert.Equal(_clock.GetUtcNow(), Assert.Single(await Registry.List()).LastUsed);
    }

    [Fact]
    public async Task Secrets_OfKeys_StandInNoRowAndNoLog()
    {
        var made = await Registry.Add("ann", "a", KeyScopes.All, null);
        var next = await Registry.Rotate(made.Key.Id, null);
        Assert.True(ApiKey.TryParse(next.Secret, out var key));
        await UseAsync(key);
        await Registry.AddBootstrap("first", key.SecretHash);
        var rows = _world.Rows.Select(row => Encoding.Latin1.GetString(row.Span)).ToList();

        Assert.Contains(rows, row => row.Contains(key.Id, StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains(nameof(IKeyRegistryGrain.Rotate), StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains(key.Id, StringComparison.Ordinal));
        foreach (var secret in new[] { made.Secret, next.Secret }.Select(text => text.Split('_')[2]))
        {
            Assert.DoesNotContain(rows, row => row.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(_log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private Task StartAsync() =>
        _world.StartAsync(
            slots: 0,
            configure: (_, options) => options.Clock = _clock,
            silo: silo => silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log))
        );

    private async Task<ApiKey> AddAsync()
    {
        Assert.True(ApiKey.TryParse((await Registry.Add("ann", "a", [KeyScopes.JobsRead], null)).Secret, out var key));
        return key;
    }

    // A use that comes while another write is under way leaves the next one to the next use.
    private async Task UseUntilAsync(ApiKey key, int writes) =>
        await _world.WhenAsync(
            async () =>
            {
                await UseAsync(key);
                return Volatile.Read(ref _writes) >= writes;
            },
            () => Task.FromResult($"{_writes} writes")
        );

    private async Task UseAsync(ApiKey key) => Assert.Equal(KeyVerdict.Accepted, (await Registry.Authenticate(key.Id, key.SecretHash)).Verdict);
}
