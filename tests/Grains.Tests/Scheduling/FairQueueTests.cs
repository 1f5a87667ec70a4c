using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>The indexed queue against the plain rule over a list, on random histories.</summary>
public sealed class FairQueueTests
{
    private static readonly TimeSpan s_term = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Grant_RandomHistory_IsThePlainRules(int seed)
    {
        var random = new Random(seed);
        var model = new SchedulerModel(new SchedulerState(), s_term, s_start);
        var plain = new PlainRule();
        model.Announce("a", [.. Enumerable.Range(0, 3).Select(slot => new SlotAnnouncement(slot, "cpu", 1))], s_start);
        var granted = 0;
        for (var i = 0; i < 2000; i++)
        {
            var choice = random.Next(10);
            if (choice < 5)
            {
                var entry = new QueueEntry($"j{random.Next(400)}", $"o{random.Next(6)}", random.Next(-1, 2), s_start.AddSeconds(random.Next(50)));
                Assert.Equal(plain.Enqueue(entry), model.Enqueue(entry));
            }
            else if (choice < 8)
            {
                var job = plain.Leased.Count > 0 && random.Next(2) == 0 ? plain.Leased[random.Next(plain.Leased.Count)].JobId : $"j{random.Next(400)}";
                Assert.Equal(plain.Remove(job), model.Remove(job));
            }
            else if (choice < 9)
            {
                var expected = plain.Grant(3);
                Assert.Equal(expected, model.Grant(s_start).Select(record => record.Entry));
                granted += expected.Count;
            }
            else if (random.Next(20) == 0)
            {
                model = new SchedulerModel(model.ToState(withQueue: false), s_term, s_start, [.. model.Waiting.Arrivals]);
                model.Announce("a", [.. Enumerable.Range(0, 3).Select(slot => new SlotAnnouncement(slot, "cpu", 1))], s_start);
            }
        }

        Assert.Equal(plain.Play(), model.Snapshot().Queue);
        Assert.True(granted > 100);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ahead_RandomQueue_IsThePlaceInTheOrder(int seed)
    {
        var random = new Random(seed);
        var model = new SchedulerModel(new SchedulerState(), s_term, s_start);
        model.Announce("a", [.. Enumerable.Range(0, 5).Select(slot => new SlotAnnouncement(slot, "cpu", 1))], s_start);
        for (var i = 0; i < 60; i++)
        {
            model.Enqueue(new QueueEntry($"j{i}", $"o{random.Next(4)}", random.Next(-1, 2), s_start.AddSeconds(random.Next(50))));
            if (i == 20)
            {
                Assert.Equal(5, model.Grant(s_start).Length);
            }
        }

        var order = model.Snapshot().Queue;
        Assert.Equal(Enumerable.Range(0, order.Length), order.Select(entry => model.Waiting.Ahead(entry, _ => true)));
    }

    /// <summary>The rule as one sentence over a list.</summary>
    private sealed class PlainRule
    {
        private readonly List<QueueEntry> _queue = [];
        private readonly Dictionary<string, long> _served = [];
        private long _grants;

        public List<QueueEntry> Leased { get; } = [];

        public bool Enqueue(QueueEntry entry)
        {
            if (_queue.Concat(Leased).Any(other => other.JobId == entry.JobId))
            {
                return false;
            }
            _queue.Add(entry);
            return true;
        }

        public bool Remove(string job) => _queue.RemoveAll(entry => entry.JobId == job) + Leased.RemoveAll(entry => entry.JobId == job) > 0;

        public List<QueueEntry> Grant(int slots)
        {
            var granted = new List<QueueEntry>();
            while (Leased.Count < slots && Next(Running()) is { } entry)
            {
                Take(entry);
                Leased.Add(entry);
                granted.Add(entry);
            }

            return granted;
        }

        public List<QueueEntry> Play()
        {
            var (running, order) = (Running(), new List<QueueEntry>());
            while (Next(running) is { } entry)
            {
                Take(entry);
                running[entry.Owner] = running.GetValueOrDefault(entry.Owner) + 1;
                order.Add(entry);
            }

            return order;
        }

        private void Take(QueueEntry entry)
        {
            _queue.Remove(entry);
            _served[entry.Owner] = ++_grants;
        }

        private Dictionary<string, int> Running() => Leased.CountBy(entry => entry.Owner).ToDictionary();

        private QueueEntry? Next(Dictionary<string, int> running) =>
            _queue
                .OrderBy(entry => running.GetValueOrDefault(entry.Owner))
                .ThenBy(entry => _served.GetValueOrDefault(entry.Owner))
                .ThenBy(entry => entry.Owner == _queue[0].Owner ? 0 : 1)
                .ThenBy(entry => entry.Owner, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Priority)
                .ThenBy(entry => entry.Enqueued)
                .ThenBy(entry => entry.JobId, StringComparer.Ordinal)
                .FirstOrDefault();
    }
}
