using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class ClockedMembershipTableTests
{
    private static readonly DateTime s_redis = new(2026, 11, 27, 8, 0, 0, DateTimeKind.Utc);
    private static readonly SiloAddress s_silo = SiloAddress.New(IPAddress.Loopback, 1111, 1);
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2222, 1);
    private static readonly TableVersion s_version = new(1, "1");

    private readonly Table _inner = new();

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(0.5)]
    public async Task WriteAndRead_WhateverTheMachinesClock_RedisHoldsItsOwnTimeAndTheMachineSeesIts(double ahead)
    {
        var local = s_redis.AddSeconds(ahead);
        var stored = Math.Abs(ahead) < 1 ? local : s_redis;
        var table = At(ahead);

        await table.InsertRowAsync(Entry(local), s_version, TestContext.Current.CancellationToken);
        Assert.Equal((stored, stored, stored), Times(_inner.Row!));
        await table.UpdateRowAsync(Entry(local), "1", s_version, TestContext.Current.CancellationToken);
        Assert.Equal((stored, stored, stored), Times(_inner.Row!));
        await table.UpdateIAmAliveAsync(new MembershipEntry { SiloAddress = s_silo, IAmAliveTime = local }, TestContext.Current.CancellationToken);
        Assert.Equal(stored, _inner.Row!.IAmAliveTime);
        Assert.Equal(DateTime.MinValue, _inner.Row.StartTime);

        _inner.Row = Entry(stored);
        var read = (await table.ReadAllAsync(TestContext.Current.CancellationToken)).Members[0].Item1;
        Assert.Equal((local, local, local), Times(read));
        Assert.Equal(("name", "host", 7, SiloStatus.Active), (read.SiloName, read.HostName, read.ProxyPort, read.Status));
        read = (await table.ReadRowAsync(s_silo, TestContext.Current.CancellationToken)).Members[0].Item1;
        Assert.Equal((local, local, local), Times(read));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    public async Task Read_TimesThatAreStillToCome_CountAsNever(double ahead)
    {
        var table = At(ahead);
        _inner.Row = Entry(s_redis.AddHours(1));

        var read = (await table.ReadAllAsync(TestContext.Current.CancellationToken)).Members[0].Item1;

        Assert.Equal((DateTime.UnixEpoch, DateTime.UnixEpoch), (read.StartTime, read.IAmAliveTime));
        Assert.Empty(read.SuspectTimes!);
    }

    [Fact]
    public async Task Read_ALittleAhead_IsBelieved()
    {
        _inner.Row = Entry(s_redis.AddSeconds(9));

        Assert.Equal(s_redis.AddSeconds(9), (await At(0).ReadAllAsync(TestContext.Current.CancellationToken)).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task CleanupDefunctSiloEntries_MachineAhead_AsksByRedisTime()
    {
        await At(3600).CleanupDefunctSiloEntriesAsync(new DateTimeOffset(s_redis.AddHours(1)), TestContext.Current.CancellationToken);

        Assert.Equal(new DateTimeOffset(s_redis), _inner.Before);
    }

    private static MembershipEntry Entry(DateTime time) =>
        new()
        {
            SiloAddress = s_silo,
            Status = SiloStatus.Active,
            SiloName = "name",
            HostName = "host",
            ProxyPort = 7,
            StartTime = time,
            IAmAliveTime = time,
            SuspectTimes = [Tuple.Create(s_other, time)],
        };

    private static (DateTime, DateTime, DateTime) Times(MembershipEntry entry) => (entry.StartTime, entry.IAmAliveTime, entry.SuspectTimes![0].Item2);

    private ClockedMembershipTable At(double ahead) => new(_inner, new FakeTimeProvider(s_redis), new FakeTimeProvider(s_redis.AddSeconds(ahead)));

    private sealed class Table : IMembershipTable
    {
        public MembershipEntry? Row { get; set; }

        public DateTimeOffset Before { get; private set; }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

        public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
        {
            Before = beforeDate;
            return Task.CompletedTask;
        }

        public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadAll();

        public Task<MembershipTableData> ReadAll() => Task.FromResult(new MembershipTableData([Tuple.Create(Row!, "1")], s_version));

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Put(entry);

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Put(entry);

        public Task UpdateIAmAlive(MembershipEntry entry) => Put(entry);

        private Task<bool> Put(MembershipEntry entry)
        {
            Row = entry;
            return Task.FromResult(true);
        }
    }
}
