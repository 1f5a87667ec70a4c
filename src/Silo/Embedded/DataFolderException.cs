using OrleansOneShot.Common;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>A data folder that this user can't work in. The message is a sentence that names the folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="cause">What the system said.</param>
public sealed class DataFolderException(DataFolder folder, Exception cause) : IOException($"The data folder {folder} can't be written: {Reason(folder, cause)}.", cause)
{
    /// <summary>What to do.</summary>
    public const string Hint = "Give this user a folder that it may write with --data, or in ONESHOT_DATA.";

    // The system's message names the file that was tried, which tells nobody anything.
    internal static string Reason(DataFolder data, Exception e) => e switch
    {
        DataFolderException { InnerException: { } cause } => Reason(data, cause),
        _ when File.Exists(data.Root) => $"it is {LinkedFile.WhatIs(data.Root)}",
        UnauthorizedAccessException => "this user may not",
        _ => e.Message.Split(" : ", 2)[0].TrimEnd('.'),
    };
}
