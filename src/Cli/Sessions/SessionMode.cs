namespace OrleansOneShot.Cli.Sessions;

/// <summary>What a command wants from the data folder's owner.</summary>
internal enum SessionMode
{
    /// <summary>Reads or changes state; trains nothing.</summary>
    Look,

    /// <summary>Works on jobs, and resumes the unfinished ones.</summary>
    Work,
}
