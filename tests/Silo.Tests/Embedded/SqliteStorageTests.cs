using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Embedded;

/// <summary>Grain states and reminders in SQLite, through Orleans' own providers.</summary>
public sealed class SqliteStorageTests : IAsyncLifetime
{
    private static readonly GrainId s_grain = GrainId.Create("test", "one");
    private readonly TestData _data = new();
    private EmbeddedSilo _silo = null!;

    public async ValueTask InitializeAsync() => _silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder });

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Write_NewState_ReadsBackWithItsVersion()
    {
        var written = await WriteAsync(new GrainState<JobQuery>(new JobQuery { Owner = "a" }));
        var read = await ReadAsync(_silo);

        Assert.True(read.RecordExists);
        Assert.Equal("a", read.State!.Owner);
        Assert.Equal(written.ETag, read.ETag);
    }

    [Fact]
    public async Task Write_StaleVersion_IsRefusedAndChangesNothing()
    {
        await WriteAsync(new GrainState<JobQuery>(new JobQuery { Owner = "first" }));
        var stale = await ReadAsync(_silo);
        var newer = await ReadAsync(_silo);
        newer.State = new JobQuery { Owner = "second" };
        await WriteAsync(newer);

        stale.State = new JobQuery { Owner = "third" };
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(stale));

        Assert.Equal("second", (await ReadAsync(_silo)).State!.Owner);
    }

    [Fact]
    public async Task Write_TwoFirstStates_OneIsRefused()
    {
        await WriteAsync(new GrainState<JobQuery>(new JobQuery { Owner = "first" }));

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(new GrainState<JobQuery>(new JobQuery { Owner = "second" })));
    }

    [Fact]
    public async Task Write_VersionOfNothing_IsRefused() =>
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(new GrainState<JobQuery>(new JobQuery(), "7") { RecordExists = true }));

    [Fact]
    public async Task Clear_StaleVersion_IsRefused()
    {
        await WriteAsync(new GrainState<JobQuery>(new JobQuery { Owner = "first" }));
        var stale = await ReadAsync(_silo);
        await WriteAsync(await ReadAsync(_silo));

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage(_silo).ClearStateAsync("state", s_grain, stale));
        await Storage(_silo).ClearStateAsync("state", s_grain, await ReadAsync(_silo));

        Assert.Null((await ReadAsync(_silo)).State!.Owner);
    }

    [Fact]
    public async Task Write_ManyAtOnce_NoneIsLost()
    {
        const int Grains = 50;
        await Task.WhenAll(
            Enumerable
                .Range(0, Grains)
                .Select(i => Storage(_silo).WriteStateAsync("state", GrainId.Create("test", $"{i}"), new GrainState<JobQuery>(new JobQuery { PageSize = i })))
        );

        for (var i = 0; i < Grains; i++)
        {
            var read = new GrainState<JobQuery>();
            await Storage(_silo).ReadStateAsync("state", GrainId.Create("test", $"{i}"), read);
            Assert.Equal(i, read.State!.PageSize);
        }
    }

    /// <summary>What a killed process leaves: the files as they are at that moment, with no shutdown and no checkpoint of the log.</summary>
    [Fact]
    public async Task Database_OfAKilledProcess_HoldsEveryAcknowledgedWrite()
    {
        var state = new GrainState<JobQuery>(new JobQuery { PageSize = 0 });
        for (var i = 1; i <= 20; i++)
        {
            state.State = new JobQuery { PageSize = i };
            await WriteAsync(state);
        }

        var left = DataFolder.Resolve(_data["left"]);
        left.Create();
        foreach (var file in Directory.EnumerateFiles(_data.Folder.Root, "oneshot.db*"))
        {
            await using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using var copy = File.Create(Path.Combine(left.Root, Path.GetFileName(file)));
            await source.CopyToAsync(copy);
        }

        await using var next = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = left });
        var read = await ReadAsync(next);
        Assert.Equal(20, read.State!.PageSize);
        Assert.Equal(state.ETag, read.ETag);
    }

    [Fact]
    public async Task Reminders_UpsertReadRemove_KeepTheirVersions()
    {
        var table = _silo.Services.GetRequiredService<IReminderTable>();
        var start = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var entry = new ReminderEntry
        {
            GrainId = s_grain,
            ReminderName = "r",
            StartAt = start,
            Period = TimeSpan.FromMinutes(2),
        };
        var first = (await table.UpsertRow(entry))!;
        var second = (await table.UpsertRow(entry))!;
        Assert.NotEqual(first, second);

        var read = (await table.ReadRow(s_grain, "r"))!;
        Assert.Equal(start, DateTime.SpecifyKind(read.StartAt, DateTimeKind.Utc));
        Assert.Equal(entry.Period, read.Period);
        Assert.Single((await table.ReadRows(s_grain)).Reminders);

        // The whole ring, in both forms of a range: one that wraps and one that does not.
        var hash = s_grain.GetUniformHashCode();
        Assert.Single((await table.ReadRows(hash - 1, hash)).Reminders);
        Assert.Single((await table.ReadRows(hash + 1, hash)).Reminders);
        Assert.Empty((await table.ReadRows(hash, hash + 1)).Reminders);

        Assert.False(await table.RemoveRow(s_grain, "r", first));
        Assert.True(await table.RemoveRow(s_grain, "r", second));
        Assert.Null(await table.ReadRow(s_grain, "r"));
    }

    private static IGrainStorage Storage(EmbeddedSilo silo) => silo.Services.GetRequiredKeyedService<IGrainStorage>(OneShotStorage.Name);

    private static async Task<GrainState<JobQuery>> ReadAsync(EmbeddedSilo silo)
    {
        var state = new GrainState<JobQuery>();
        await Storage(silo).ReadStateAsync("state", s_grain, state);
        return state;
    }

    private async Task<GrainState<JobQuery>> WriteAsync(GrainState<JobQuery> state)
    {
        await Storage(_silo).WriteStateAsync("state", s_grain, state);
        return state;
    }
}
