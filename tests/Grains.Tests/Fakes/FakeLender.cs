using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.FanOut;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A scheduler with one slot on each of some silos, whose workers do as a test says.</summary>
internal sealed class FakeLender : ISlotLender
{
    private readonly Lock _lock = new();
    private readonly List<string> _free;
    private readonly Dictionary<string, FakeRemoteWorker> _workers;

    public FakeLender(params string[] silos)
    {
        _free = [.. silos];
        _workers = silos.ToDictionary(silo => silo, silo => new FakeRemoteWorker(silo), StringComparer.Ordinal);
    }

    /// <summary>What was asked for, such as "2 but a,b".</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Numbers of the requests.</summary>
    public List<long> Requests { get; } = [];

    /// <summary>Answers that get lost.</summary>
    public int LostAnswers { get; set; }

    public List<string> GivenBack { get; } = [];

    public List<int> Numbers { get; } = [];

    /// <summary>Passed before a question is answered.</summary>
    public Gate? Gate { get; set; }

    public FakeRemoteWorker this[string silo] => _workers[silo];

    /// <summary>A slot becomes free.</summary>
    public void Free(string silo)
    {
        lock (_lock)
        {
            _workers.TryAdd(silo, new FakeRemoteWorker(silo));
            _free.Add(silo);
        }
    }

    public async Task<ImmutableArray<SlotLease>> LendAsync(int wanted, ImmutableArray<string> except, long request)
    {
        if (Gate is { } gate)
        {
            await gate.PassAsync();
        }
        lock (_lock)
        {
            Requests.Add(request);
            if (LostAnswers-- > 0)
            {
                throw new TimeoutException("The answer is lost.");
            }
            Asked.Add(except.IsEmpty ? $"{wanted}" : $"{wanted} but {string.Join(',', except.Order())}");
            var lent = _free.Where(silo => !except.Contains(silo)).Take(wanted).ToList();
            _free.RemoveAll(lent.Contains);
            return [.. lent.Select(silo => new SlotLease(silo, 0, "j", 1, DateTimeOffset.UnixEpoch))];
        }
    }

    public Task GiveBackAsync(SlotLease lease)
    {
        lock (_lock)
        {
            GivenBack.Add(lease.Silo);
            _free.Add(lease.Silo);
        }

        return Task.CompletedTask;
    }

    public IRemoteWorker Reach(SlotLease lease, int number)
    {
        lock (_lock)
        {
            Numbers.Add(number);
        }
        return _workers[lease.Silo];
    }
}
