using OrleansOneShot.Common;
using OrleansOneShot.Storage.Systems;

namespace OrleansOneShot.Storage;

/// <summary>The folder of an embedded silo: its database, artifacts, logs and the owner's lock.</summary>
public sealed class DataFolder
{
    /// <summary>Environment variable with the folder, where no option gives it.</summary>
    public const string Variable = "ONESHOT_DATA";

    // All that this program keeps in the folder; closing a folder closes what lies in it.
    private static readonly string[] s_owned =
    [
        "blobs",
        "cache",
        "checks",
        "dataset-runs",
        "downloads",
        "jobs",
        "logs",
        "models",
        "models-cache",
        "owners",
        "work",
        "models.json",
        "models.json.lock",
        "oneshot.db",
        "oneshot.db-shm",
        "oneshot.db-wal",
        "owner.json",
        "owner.lock",
        "precision.json",
    ];

    private DataFolder(string root) => Root = root;

    /// <summary>Absolute path of the folder, which is also the root of the file store.</summary>
    public string Root { get; }

    /// <summary>The SQLite database of grain states and reminders.</summary>
    public string Database => Path.Combine(Root, "oneshot.db");

    /// <summary>What belongs to jobs, a folder each.</summary>
    public string Jobs => Path.Combine(Root, StorePaths.Jobs.TrimEnd('/'));

    /// <summary>The log of the folder's owner.</summary>
    public string Log => Path.Combine(Root, "logs", "oneshot.log");

    /// <summary>The log of this process, for folders that several silos share: lines of one file would overwrite each other.</summary>
    public string LogOfProcess => Path.Combine(Root, "logs", $"silo-{Environment.MachineName}-{Environment.ProcessId}.log");

    /// <summary>Where engines put what they work on; nothing in it outlives its job.</summary>
    public string Work => Path.Combine(Root, "work");

    /// <summary>The file whose lock the owner holds.</summary>
    public string OwnerLock => Path.Combine(Root, "owner.lock");

    /// <summary>Who owns the folder and how to reach it.</summary>
    public string OwnerRecord => Path.Combine(Root, "owner.json");

    /// <summary>Model folders that were given by path.</summary>
    public string Models => Path.Combine(Root, "models.json");

    /// <summary>Models that were fetched or converted, a folder each.</summary>
    public string ModelFolders => Path.Combine(Root, "models");

    /// <summary>Finds the folder without creating it.</summary>
    /// <param name="option">What the user asked for; null takes <see cref="Variable"/>, else the user's data folder.</param>
    /// <returns>The folder.</returns>
    public static DataFolder Resolve(string? option = null)
    {
        var path = option ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(path))
        {
            // On Linux: XDG_DATA_HOME, else ~/.local/share; on macOS ~/Library/Application Support; on Windows %LOCALAPPDATA%. Empty for users without a home,
            // such as some service accounts.
            var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            path = Path.Combine(home.Length > 0 ? home : Path.GetTempPath(), "oneshot");
        }

        return new DataFolder(Path.GetFullPath(path));
    }

    /// <summary>
    /// Creates the folder for this user alone. In one that is there, what earlier versions created for everybody to read is closed to others; the folder itself
    /// is the user's own business.
    /// </summary>
    /// <exception cref="DataFolderException">It can't be created.</exception>
    public void Create()
    {
        try
        {
            CreateIt();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(this, e);
        }
    }

    private void CreateIt()
    {
        StorageSystem.Current.CreatePrivately(Root);
        foreach (var name in s_owned)
        {
            Close(Path.Combine(Root, name));
        }
    }

    private static void Close(string path)
    {
        try
        {
            StorageSystem.Current.CloseToOthers(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another user's, who has to do it.
        }
    }

    /// <summary>What a command line needs to mean this folder.</summary>
    /// <returns>Nothing for the default folder, else <c> --data</c> and its path.</returns>
    public string AsOption() => Root == Resolve().Root ? "" : $" --data {(Root.Contains(' ', StringComparison.Ordinal) ? $"\"{Root}\"" : Root)}";

    /// <inheritdoc/>
    public override string ToString() => Root;
}

/// <summary>A data folder that this user can't work in. The message is a sentence that names the folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="cause">What the system said.</param>
public sealed class DataFolderException(DataFolder folder, Exception cause)
    : IOException($"The data folder {folder} can't be written: {Reason(folder, cause)}.", cause)
{
    /// <summary>What to do.</summary>
    public const string Hint = "Give this user a folder that it may write with --data, or in " + DataFolder.Variable + ".";

    /// <summary>Why a folder can't be written, in a few words. The system's own message names the file that was tried, which tells nobody anything.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="e">What was thrown.</param>
    /// <returns>The end of a sentence, without a full stop.</returns>
    public static string Reason(DataFolder data, Exception e) =>
        e switch
        {
            DataFolderException { InnerException: { } cause } => Reason(data, cause),
            _ when File.Exists(data.Root) => $"it is {LinkedFile.WhatIs(data.Root)}",
            UnauthorizedAccessException => "this user may not",
            _ => e.Message.Split(" : ", 2)[0].TrimEnd('.'),
        };
}
