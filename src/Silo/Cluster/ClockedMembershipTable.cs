namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// A membership table whose times are Redis' in the table and this machine's for Orleans, which reads its own clock. So rows are judged by one clock, whatever
/// the machines say. A time that is still to come counts as never: of a row that some clock has put there, Orleans then asks the silo itself whether it lives,
/// instead of waiting for that time.
/// </summary>
/// <param name="inner">The table.</param>
/// <param name="clock">Redis' clock.</param>
/// <param name="local">This machine's clock.</param>
internal sealed class ClockedMembershipTable(IMembershipTable inner, TimeProvider clock, TimeProvider local) : IMembershipTable
{
    /// <summary>A time this far ahead may be one of a clock that goes a little faster.</summary>
    private static readonly TimeSpan s_ahead = ClockCheck.Most;

    // Below that, what differs is how long a question to Redis takes.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private TimeSpan Shift => clock.GetUtcNow() - local.GetUtcNow() is var shift && shift.Duration() < s_least ? TimeSpan.Zero : shift;

    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion);

    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default) =>
        inner.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken);

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) =>
        inner.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default) =>
        inner.CleanupDefunctSiloEntriesAsync(beforeDate + Shift, cancellationToken);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key);

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default) =>
        Read(await inner.ReadRowAsync(key, cancellationToken));

    public Task<MembershipTableData> ReadAll() => ReadAllAsync();

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default) => Read(await inner.ReadAllAsync(cancellationToken));

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion);

    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        inner.InsertRowAsync(Moved(entry, Shift), tableVersion, cancellationToken);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion);

    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        inner.UpdateRowAsync(Moved(entry, Shift), etag, tableVersion, cancellationToken);

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        inner.UpdateIAmAliveAsync(Moved(entry, Shift), cancellationToken);

    private MembershipTableData Read(MembershipTableData table)
    {
        var (back, limit) = (-Shift, local.GetUtcNow().UtcDateTime + s_ahead);
        return new MembershipTableData([.. table.Members.Select(row => Tuple.Create(Believed(Moved(row.Item1, back), limit), row.Item2))], table.Version);
    }

    private static MembershipEntry Moved(MembershipEntry entry, TimeSpan by) =>
        new()
        {
            SiloAddress = entry.SiloAddress,
            Status = entry.Status,
            SuspectTimes = entry.SuspectTimes?.ConvertAll(vote => Tuple.Create(vote.Item1, Moved(vote.Item2, by))),
            ProxyPort = entry.ProxyPort,
            HostName = entry.HostName,
            SiloName = entry.SiloName,
            RoleName = entry.RoleName,
            UpdateZone = entry.UpdateZone,
            FaultZone = entry.FaultZone,
            StartTime = Moved(entry.StartTime, by),
            IAmAliveTime = Moved(entry.IAmAliveTime, by),
        };

    private static MembershipEntry Believed(MembershipEntry entry, DateTime limit)
    {
        entry.StartTime = Believed(entry.StartTime, limit);
        entry.IAmAliveTime = Believed(entry.IAmAliveTime, limit);
        entry.SuspectTimes?.RemoveAll(vote => vote.Item2 > limit);
        return entry;
    }

    private static DateTime Believed(DateTime time, DateTime limit) => time > limit ? DateTime.UnixEpoch : time;

    // Of a row that was never written, times are the first that there is.
    private static DateTime Moved(DateTime time, TimeSpan by) =>
        time == DateTime.MinValue || (by < TimeSpan.Zero ? time - DateTime.MinValue < -by : DateTime.MaxValue - time < by) ? time : time + by;
}
