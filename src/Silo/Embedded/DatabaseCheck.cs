using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>
/// Looks at a data folder's database before a silo reads it. A damaged one would read as an empty list, or worse, as another job's state; so it is refused by
/// name, and nothing in it is changed. Whoever calls holds the folder's <see cref="OwnerLock"/>.
/// </summary>
public static class DatabaseCheck
{
    /// <summary>The schema that this version writes, as <c>PRAGMA user_version</c> says; 0, of November 2026, is the same without saying so.</summary>
    internal const int SchemaVersion = 1;

    private const int SmallestPage = 512;
    private const int Nonsense = 1; // SQLITE_ERROR, such as a column that is missing
    private const int Corrupt = 11; // SQLITE_CORRUPT
    private const int NotADatabase = 26; // SQLITE_NOTADB

    private static ReadOnlySpan<byte> Header => "SQLite format 3\0"u8;

    private static readonly string[] s_tables = ["GrainState", "OrleansQuery", "Reminder"];

    /// <summary>Refuses a database that can't be trusted.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="leftOpen">Whether its last owner was killed, so that the log beside the database must be there.</param>
    /// <exception cref="OneShotException">
    /// failed: the database is damaged, lost, another program's, or a later version's; the message names the file and says what to do.
    /// </exception>
    public static void Require(DataFolder data, bool leftOpen = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Find(data, leftOpen) is { } trouble)
        {
            throw Refuse(data, trouble);
        }
    }

    /// <summary>Moves a database that can't be trusted aside, with what belongs to it; a sound one stays. Nothing is deleted.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="leftOpen">Whether its last owner was killed.</param>
    /// <returns>Where the database lies now; null if it is sound, or not there.</returns>
    /// <exception cref="IOException">It can't be moved.</exception>
    /// <exception cref="OneShotException">failed: it is a later version's, and nothing is wrong with it.</exception>
    public static string? MoveDamaged(DataFolder data, bool leftOpen = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Find(data, leftOpen) is not { } trouble)
        {
            return null;
        }

        if (trouble.Later)
        {
            throw Refuse(data, trouble);
        }

        SqliteConnection.ClearAllPools();
        var name = string.Create(CultureInfo.InvariantCulture, $"{data.Database}.damaged-{DateTime.UtcNow:yyyyMMdd-HHmmss}");
        var aside = name;
        for (var number = 2; Path.Exists(aside); number++)
        {
            aside = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        }

        // The log last: alone it tells that a move was cut off, while a database without its log might look sound.
        foreach (var part in new[] { "", "-shm", "-wal" })
        {
            if (File.Exists(data.Database + part))
            {
                File.Move(data.Database + part, aside + part);
            }
        }

        return aside;
    }

    private static OneShotException Refuse(DataFolder data, Trouble trouble) =>
        new(
            new ErrorDetail(
                ErrorCodes.Failed,
                $"The database {data.Database} {trouble.What}.",
                "data",
                trouble.Later
                    ? "Use that version, or another folder with --data."
                    : $"Put back a copy of that file if you have one. Otherwise: oneshot jobs recover --move-damaged{data.AsOption()} keeps it under another "
                        + $"name and lists the finished jobs again."
            )
        );

    /// <summary>What is wrong; null if nothing is.</summary>
    private static Trouble? Find(DataFolder data, bool leftOpen)
    {
        if (Directory.Exists(data.Database))
        {
            return new Trouble("is a folder");
        }

        if (LinkedFile.Find(data.Database) is not { } file)
        {
            return File.Exists(data.Database + "-wal") ? new Trouble("is gone, while the log of its last changes is there") : null;
        }

        if (file.Length == 0)
        {
            return HasJobs(data) ? new Trouble("is empty, while there are jobs in the folder") : null;
        }

        // SQLite takes a file that is shorter than a page for an empty database, whatever it holds.
        if (!HasHeader(data.Database))
        {
            return new Trouble("is no SQLite database");
        }

        if (file.Length < SmallestPage)
        {
            return new Trouble("is damaged (it ends in its first page)");
        }

        if (leftOpen && !File.Exists(data.Database + "-wal"))
        {
            return new Trouble("lacks oneshot.db-wal beside it, which holds the last changes of a process that was killed");
        }

        try
        {
            return Look(data);
        }
        catch (SqliteException e)
        {
            // Busy, denied, a disk that fails: what the file holds is not known.
            return e.SqliteErrorCode switch
            {
                NotADatabase => new Trouble("is no SQLite database"),
                Corrupt or Nonsense => new Trouble($"is damaged ({Clean(e.Message)})"),
                _ => throw new IOException($"The database {data.Database} can't be read: {Clean(e.Message)}", e),
            };
        }
    }

    private static bool HasHeader(string path)
    {
        var start = new byte[Header.Length];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && Header.SequenceEqual(start);
    }

    private static Trouble? Look(DataFolder data)
    {
        // Not pooled, since the file may be moved next; and only read, so that the log stays a log.
        using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(SqliteDatabase.ConnectionString(data.Database)) { Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString()
        );
        connection.Open();
        var problem = Read(connection, "PRAGMA integrity_check(1);").First();
        if (problem != "ok")
        {
            return new Trouble($"is damaged ({Clean(problem)})");
        }

        var version = int.Parse(Read(connection, "PRAGMA user_version;").First(), CultureInfo.InvariantCulture);
        var tables = Read(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%';").ToHashSet(StringComparer.Ordinal);
        if (tables.Count == 0)
        {
            return HasJobs(data) ? new Trouble("holds nothing, while there are jobs in the folder; the log beside it may have been lost") : null;
        }

        if (!tables.Overlaps(s_tables))
        {
            return new Trouble("is another program's");
        }

        if (version > SchemaVersion)
        {
            return new Trouble($"was written by a later version of oneshot (schema {version}, this one knows {SchemaVersion})", Later: true);
        }

        if (s_tables.FirstOrDefault(table => !tables.Contains(table)) is { } missing)
        {
            return new Trouble($"is damaged (the table {missing} is missing)");
        }

        return FindUnsound(connection) is { } state ? new Trouble($"is damaged (the state of {Clean(state)} is not what was written)") : null;
    }

    private static string? FindUnsound(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT GrainType || ' ' || KeyExtension, Payload FROM GrainState WHERE Payload IS NOT NULL;";
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            if (rows[1] is not byte[] stored || !StateChecksum.IsSound(stored))
            {
                return rows.GetString(0);
            }
        }

        return null;
    }

    private static IEnumerable<string> Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return rows.GetString(0);
        }
    }

    private static bool HasJobs(DataFolder data) => Directory.Exists(data.Jobs) && Directory.EnumerateDirectories(data.Jobs).Any();

    // One line, and not for ever: SQLite may cite what it found.
    private static string Clean(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(200)]);

    /// <summary>Why a database is refused.</summary>
    /// <param name="What">The end of a sentence that begins with its name.</param>
    /// <param name="Later">Whether it is sound, and of a later version.</param>
    private sealed record Trouble(string What, bool Later = false);
}
