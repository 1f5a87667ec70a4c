using System.Globalization;
using System.Reflection;

namespace OrleansOneShot.Contracts;

/// <summary>The version of the grain interfaces and of everything that travels through them.</summary>
public static class ContractVersion
{
    /// <summary>
    /// This build's version, the property ContractVersion of this project. It is raised with every change that silos or clients of the version before can't
    /// live with: a removed or re-numbered member, a method with other parameters, another meaning, an option that an earlier silo would pass over and train
    /// without. Other members that are only added keep it. Silos and clients of two versions never meet: <see cref="ClusterIdOf"/>.
    /// </summary>
    /// <remarks>
    /// No constant, which would be copied into every assembly that names it: the file of this assembly alone says which version a program has.
    /// </remarks>
    public static int Current { get; } =
        int.Parse(
            typeof(ContractVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == nameof(ContractVersion)).Value!,
            CultureInfo.InvariantCulture
        );

    /// <summary>
    /// What Orleans calls a cluster: silos and clients of another version have another list of members, and their connections are refused. The service's id,
    /// to which grain state and reminders belong, is the same for all versions.
    /// </summary>
    /// <param name="clusterId">The cluster's id, as it was configured.</param>
    /// <param name="version">The version; null: this build's.</param>
    /// <returns>Such as <c>oneshot-c7</c>.</returns>
    public static string ClusterIdOf(string clusterId, int? version = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{clusterId}-c{version ?? Current}");
}
