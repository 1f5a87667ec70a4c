namespace OrleansOneShot.Recipe;

/// <summary>Limits of the files that come with a request. What they hold has limits of its own, which whoever decodes them knows.</summary>
public static class InputLimits
{
    /// <summary>Bytes of a photo or a mask: 64 MiB.</summary>
    public const long FileBytes = 64L << 20;
}
