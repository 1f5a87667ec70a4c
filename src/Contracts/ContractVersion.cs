namespace OrleansOneShot.Contracts;

/// <summary>The version of the grain interfaces and of everything that travels through them.</summary>
public static class ContractVersion
{
    /// <summary>
    /// This build's version. It is raised with every change that silos or clients of the version before can't live with: a removed or re-numbered member, a
    /// method with other parameters, another meaning, an option that an earlier silo would pass over and train without. Other members that are only added
    /// keep it. Silos and clients of two versions refuse to work together.
    /// </summary>
    public const int Current = 6;
}
