namespace OrleansOneShot.Storage;

/// <summary>What must hold for a write to happen.</summary>
public enum WriteCondition
{
    /// <summary>Nothing: an existing file is replaced.</summary>
    Any = 0,

    /// <summary>The file must not exist yet.</summary>
    MustNotExist = 1,
}
