using Microsoft.Data.Sqlite;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>The SQLite database of an embedded silo: tables, and the statements that Orleans' ADO.NET providers read from it.</summary>
internal static class SqliteDatabase
{
    /// <summary>The name under which Orleans knows SQLite; its factory loads Microsoft.Data.Sqlite.</summary>
    public const string Invariant = "System.Data.SQLite";

    private const string ResourcePrefix = "OrleansOneShot.Silo.Embedded.Sql.";
    private const string TablesResource = ResourcePrefix + "Tables.sql";

    /// <summary>The connection string; a writer that finds the database busy waits up to its time-out.</summary>
    /// <param name="path">The database file.</param>
    /// <returns>A connection string for Microsoft.Data.Sqlite.</returns>
    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();

    /// <summary>Creates what is missing and writes the present statements.</summary>
    /// <param name="path">The database file.</param>
    /// <returns>A connection, to be kept open: with the last one its log goes, and a log that is missing tells that changes were lost.</returns>
    /// <exception cref="SqliteException">The file is no database, or can't be written.</exception>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(ConnectionString(path));
        try
        {
            connection.Open();
            Ensure(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Ensure(SqliteConnection connection)
    {
        // Kept in the file: readers never wait for the writer, and a commit is one append. FULL synchronisation, the default, makes each commit durable.
        Execute(connection, null, "PRAGMA journal_mode = WAL;");
        using var transaction = connection.BeginTransaction();
        Execute(connection, transaction, Read(TablesResource));
        foreach (var (key, text) in Queries())
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText =
                "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES (@key, @text) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;";
            command.Parameters.AddWithValue("@key", key);
            command.Parameters.AddWithValue("@text", text);
            command.ExecuteNonQuery();
        }

        Execute(connection, transaction, $"PRAGMA user_version = {DatabaseCheck.SchemaVersion};");
        transaction.Commit();
    }

    private static IEnumerable<(string Key, string Text)> Queries()
    {
        foreach (var name in typeof(SqliteDatabase).Assembly.GetManifestResourceNames())
        {
            if (name.StartsWith(ResourcePrefix, StringComparison.Ordinal) && name != TablesResource)
            {
                yield return (name[ResourcePrefix.Length..^".sql".Length], Read(name));
            }
        }
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(
            typeof(SqliteDatabase).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is not in the assembly.")
        );
        return reader.ReadToEnd();
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The text is a resource of this assembly.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
