using System.Reflection;

namespace OrleansOneShot.Common;

/// <summary>The version of this build, as users know it.</summary>
public static class ProgramVersion
{
    /// <summary>Such as 0.1.0 or 0.2.0-beta.1; without the commit that it was built from.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
