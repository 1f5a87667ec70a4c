using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Embedded;

/// <summary>Databases that are damaged, lost or somebody else's: told by name at the start, moved aside on request, never changed.</summary>
public sealed class DatabaseCheckTests : IAsyncLifetime
{
    private readonly TestData _data = new();

    /// <summary>A database with a few states, closed, and a job's folder beside it.</summary>
    public async ValueTask InitializeAsync()
    {
        await using (var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder }))
        {
            var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(OneShotStorage.Name);
            for (var i = 0; i < 5; i++)
            {
                await storage.WriteStateAsync("state", GrainId.Create("test", $"{i}"), new GrainState<JobQuery>(new JobQuery { Owner = $"somebody {i}" }));
            }
        }

        Directory.CreateDirectory(Path.Combine(_data.Folder.Jobs, "20260101-000000-00000000"));
    }

    public ValueTask DisposeAsync()
    {
        _data.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Stop_Silo_LeavesADatabaseWithoutLog()
    {
        Assert.False(File.Exists(_data.Folder.Database + "-wal"));
        DatabaseCheck.Require(_data.Folder);
        Assert.Null(DatabaseCheck.MoveDamaged(_data.Folder));
        Assert.True(File.Exists(_data.Folder.Database));
    }

    [Theory]
    [InlineData("empty", "is empty, while there are jobs in the folder")]
    [InlineData("truncated", "is damaged (")]
    [InlineData("cut in its header", "is damaged (it ends in its first page)")]
    [InlineData("a few letters", "is no SQLite database")]
    [InlineData("text", "is no SQLite database")]
    [InlineData("header flipped", "is no SQLite database")]
    [InlineData("page flipped", "is damaged (")]
    [InlineData("foreign", "is another program's")]
    [InlineData("table dropped", "is damaged (the table Reminder is missing)")]
    [InlineData("nothing in it", "holds nothing, while there are jobs in the folder; the log beside it may have been lost")]
    [InlineData("log alone", "is gone, while the log of its last changes is there")]
    public async Task Start_DatabaseThatCantBeTrusted_SaysSoAndChangesNothing(string how, string what)
    {
        Damage(how);
        var before = Files();

        var error = await Assert.ThrowsAsync<OneShotException>(() => EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder }));

        Assert.Equal(ErrorCodes.Failed, error.Detail.Code);
        Assert.StartsWith($"The database {_data.Folder.Database} {what}", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        Assert.Contains($"oneshot jobs recover --move-damaged --data {_data.Folder.Root} ", error.Detail.Hint, StringComparison.Ordinal);
        Assert.Equal(before, Files());

        var aside = DatabaseCheck.MoveDamaged(_data.Folder)!;

        // Each file is kept, byte by byte, under a name that begins with the new one.
        Assert.StartsWith(_data.Folder.Database + ".damaged-", aside, StringComparison.Ordinal);
        Assert.Equal(before.ToDictionary(file => file.Key.Replace(_data.Folder.Database, aside, StringComparison.Ordinal), file => file.Value), Files());
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder });
    }

    [Fact]
    public void Require_DatabaseOfALaterVersion_IsRefusedAndNotMoved()
    {
        Damage("later");

        var error = Assert.Throws<OneShotException>(() => DatabaseCheck.Require(_data.Folder));

        Assert.Equal($"The database {_data.Folder.Database} was written by a later version of oneshot (schema 99, this one knows 1).", error.Message);
        Assert.Equal("Use that version, or another folder with --data.", error.Detail.Hint);
        Assert.Throws<OneShotException>(() => DatabaseCheck.MoveDamaged(_data.Folder));
        Assert.True(File.Exists(_data.Folder.Database));
    }

    [Fact]
    public void Require_AnyByteOfAStateFlipped_IsSeen()
    {
        var sound = File.ReadAllBytes(_data.Folder.Database);
        var state = sound.AsSpan().IndexOf("OneShot\u0001"u8);
        Assert.True(state > 0);
        var length = sound.AsSpan(state).IndexOf("somebody"u8) + 10;
        for (var i = state; i < state + length; i++)
        {
            var flipped = (byte[])sound.Clone();
            flipped[i] ^= 0x10;
            File.WriteAllBytes(_data.Folder.Database, flipped);

            // A mark that is not recognised makes a state of an earlier version of it, which Orleans' reader refuses.
            if (i >= state + 8)
            {
                Assert.Contains(
                    " is damaged (the state of ",
                    Assert.Throws<OneShotException>(() => DatabaseCheck.Require(_data.Folder)).Message,
                    StringComparison.Ordinal
                );
            }
        }
    }

    [Fact]
    public async Task Require_LogOfAKilledOwnerIsMissing_IsSeen()
    {
        using var held = OwnerLock.TryAcquire(_data.Folder)!;
        Assert.False(held.LeftOpen);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = _data.Folder });
        held.Publish(silo.GatewayPort, silo.ClusterId, trains: false);
        var left = DataFolder.Resolve(_data["left"]);
        left.Create();
        foreach (var name in new[] { "oneshot.db", "oneshot.db-wal" })
        {
            await using var source = new FileStream(Path.Combine(_data.Folder.Root, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using var copy = File.Create(Path.Combine(left.Root, name));
            await source.CopyToAsync(copy, TestContext.Current.CancellationToken);
        }

        // As the killed process leaves it: the lock is free, and what it said of the database stands.
        File.WriteAllText(left.OwnerLock, "x");
        using var next = OwnerLock.TryAcquire(left)!;
        Assert.True(next.LeftOpen);
        DatabaseCheck.Require(left, next.LeftOpen);

        File.Delete(left.Database + "-wal");

        var error = Assert.Throws<OneShotException>(() => DatabaseCheck.Require(left, next.LeftOpen));
        Assert.StartsWith(
            $"The database {left.Database} lacks oneshot.db-wal beside it, which holds the last changes of a process that was killed.",
            error.Message,
            StringComparison.Ordinal
        );
        held.Withdraw();
        Assert.Equal(0, new FileInfo(_data.Folder.OwnerLock).Length);
    }

    [Fact]
    public void Read_StateOfAnEarlierVersion_IsReadAsItIs()
    {
        var storage = new StateChecksum(new Plain());
        Assert.Equal("state", storage.Deserialize<string>(new BinaryData("state")));
        var stored = storage.Serialize("state");
        Assert.Equal("state", storage.Deserialize<string>(stored));
        var bytes = stored.ToArray();
        bytes[^1] ^= 1;
        Assert.Throws<InvalidDataException>(() => storage.Deserialize<string>(new BinaryData(bytes)));
        Assert.Throws<InvalidDataException>(() => storage.Deserialize<string>(new BinaryData(bytes[..12])));
    }

    private void Damage(string how)
    {
        var path = _data.Folder.Database;
        var bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "truncated":
                File.WriteAllBytes(path, bytes[..(bytes.Length - 6000)]);
                break;
            case "cut in its header":
                File.WriteAllBytes(path, bytes[..50]);
                break;
            case "a few letters":
                File.WriteAllText(path, "not a database");
                break;
            case "text":
                File.WriteAllText(path, new string('x', 5000));
                break;
            case "header flipped":
                bytes[3] ^= 4;
                File.WriteAllBytes(path, bytes);
                break;
            case "page flipped":
                // The kind of the second page.
                bytes[4096] ^= 0x7F;
                File.WriteAllBytes(path, bytes);
                break;
            case "foreign":
                File.Delete(path);
                Run("CREATE TABLE bookmarks (url TEXT);");
                break;
            case "table dropped":
                Run("DROP TABLE Reminder;");
                break;
            case "nothing in it":
                File.Delete(path);
                Run("PRAGMA journal_mode = WAL; PRAGMA user_version = 1;");
                break;
            case "later":
                Run("PRAGMA user_version = 99;");
                break;
            case "log alone":
                File.Move(path, path + "-wal");
                break;
        }
    }

    private void Run(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_data.Folder.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    // Who only reads a database leaves an index of its log beside it, and an empty log.
    private SortedDictionary<string, string> Files() =>
        new(
            Directory
                .EnumerateFiles(_data.Folder.Root, "oneshot.db*")
                .Where(file =>
                    !file.EndsWith("-shm", StringComparison.Ordinal) && !(file.EndsWith("-wal", StringComparison.Ordinal) && new FileInfo(file).Length == 0)
                )
                .ToDictionary(file => file, file => Convert.ToHexString(File.ReadAllBytes(file))),
            StringComparer.Ordinal
        );

    private sealed class Plain : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new((string)(object)input!);

        public T? Deserialize<T>(BinaryData input) => (T)(object)input.ToString();
    }
}
