namespace OrleansOneShot.Grains;

/// <summary>Names that the host's storage provider must carry.</summary>
public static class OneShotStorage
{
    /// <summary>The grain storage of all grains of this project.</summary>
    public const string Name = "oneshot";
}
