using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Tests.Faults;

/// <summary>How a silo is kept back, tested, and let go.</summary>
public sealed class QuarantineTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Test _test = new();
    private readonly List<string?> _told = [];
    private readonly OneShotGrainsOptions _options;
    private readonly Quarantine _quarantine;

    public QuarantineTests()
    {
        _options = new OneShotGrainsOptions
        {
            MaxFaultySilos = 2,
            Clock = _clock,
            WorkFolder = Path.GetTempPath(),
            LongestQuarantinePause = TimeSpan.FromSeconds(8),
        };
        _quarantine = new Quarantine(_test, Options.Create(_options), NullLogger<Quarantine>.Instance);
        _quarantine.Changed += why =>
        {
            lock (_told)
            {
                _told.Add(why);
            }
        };
    }

    [Fact]
    public async Task Enter_SelfTestFails_PausesDoubleUpToTheLongest_UntilItPasses()
    {
        _quarantine.Enter("its disk is full");
        Assert.Equal("its disk is full", _quarantine.Why);
        // 1, 2, 4, 8 and 8 s.
        foreach (var pause in (int[])[1, 2, 4, 8, 8])
        {
            await TestAfterAsync(pause, "its work folder fails its self-test");
        }
        Assert.Equal("its work folder fails its self-test", _quarantine.Why);
        await TestAfterAsync(8, null);
        await UntilAsync(() => _quarantine.Why is null);
        Assert.Equal(["its disk is full", "its work folder fails its self-test", null], _told);
    }

    [Fact]
    public async Task Enter_AgainAfterItPassed_WaitsLongerUnlessAJobGotOn()
    {
        _quarantine.Enter("one");
        await TestAfterAsync(1, null);
        await UntilAsync(() => _quarantine.Why is null);
        _quarantine.Enter("two");
        await TestAfterAsync(2, null);
        await UntilAsync(() => _quarantine.Why is null);
        _quarantine.Worked();
        _quarantine.Enter("three");
        await TestAfterAsync(1, null);
        await UntilAsync(() => _quarantine.Why is null);
    }

    [Fact]
    public async Task Enter_AnotherFaultWhileItIsTested_IsTestedAgain()
    {
        _quarantine.Enter("one");
        var test = await BeginTestAsync(1);
        _quarantine.Enter("two");
        test.SetResult(null);
        await TestAfterAsync(2, null);
        await UntilAsync(() => _quarantine.Why is null);
        Assert.Equal(2, _test.Runs);
    }

    [Fact]
    public void Enter_TheOnlySilo_IsNeverKeptBack()
    {
        _options.MaxFaultySilos = 1;
        _quarantine.Enter("its disk is full");
        Assert.Null(_quarantine.Why);
        Assert.Null(_quarantine.Look());
    }

    [Fact]
    public void Look_BelowTheFloor_SaysSoUntilThereIsRoom()
    {
        _options.WorkFolder = Path.Combine(Path.GetTempPath(), "not", "there", "yet");
        Assert.Null(_quarantine.Look());
        _options.MinFreeBytes = 1L << 60;
        Assert.Matches(@"^its disk .*[^/] has [0-9.]+ [MG]iB free \(needs 1073741824 GiB\)$", _quarantine.Look());
        Assert.Equal(_quarantine.Why, _quarantine.Look());
        _options.MinFreeBytes = 1;
        Assert.Null(_quarantine.Look());
        Assert.Equal(2, _told.Count);
    }

    public void Dispose() => _quarantine.Dispose();

    /// <summary>Lets a self-test begin exactly after a pause.</summary>
    private async Task<TaskCompletionSource<string?>> BeginTestAsync(int seconds)
    {
        // The delay may not have begun yet: the clock stands, so nothing is lost by moving it in parts.
        var before = _test.Runs;
        await UntilAsync(() => Waiting() || _test.Runs > before);
        Assert.Equal(before, _test.Runs);
        _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(before, _test.Runs);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await UntilAsync(() => _test.Runs > before);
        return _test.Present;

        bool Waiting() => _quarantine.IsPausing;
    }

    private async Task TestAfterAsync(int seconds, string? fails) => (await BeginTestAsync(seconds)).SetResult(fails);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (!holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Test : ISelfTest
    {
        private volatile TaskCompletionSource<string?> _present = new();
        private int _runs;

        public int Runs => Volatile.Read(ref _runs);

        public TaskCompletionSource<string?> Present => _present;

        public Task<string?> RunAsync(CancellationToken cancellationToken)
        {
            _present = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _runs);
            return _present.Task;
        }
    }
}
