using System.Text.RegularExpressions;

namespace OrleansOneShot.Chaos;

/// <summary>Faults as the command line names them.</summary>
internal static partial class FaultKinds
{
    private static readonly Dictionary<string, FaultKind[]> s_groups = new(StringComparer.Ordinal)
    {
        ["all"] = Enum.GetValues<FaultKind>(),
        ["flip"] = [FaultKind.FlipCheckpoint, FaultKind.FlipInput, FaultKind.FlipResult],
        ["blobs"] = [FaultKind.BlobsCut, FaultKind.BlobsFrozen],
        ["membership"] = [FaultKind.Replace, FaultKind.Join],
    };

    /// <summary>How often a kind comes, among all.</summary>
    public static int Weight(FaultKind kind) =>
        kind switch
        {
            FaultKind.Kill => 6,
            FaultKind.Freeze => 4,
            FaultKind.FlipCheckpoint or FaultKind.Clock or FaultKind.Disk or FaultKind.Partition => 3,
            FaultKind.Drain
            or FaultKind.RedisKill
            or FaultKind.BlobsCut
            or FaultKind.FlipInput
            or FaultKind.FlipResult
            or FaultKind.Replace
            or FaultKind.Join => 2,
            _ => 1,
        };

    /// <summary>Whether a fault happens to one silo that trains, and not to what all share.</summary>
    public static bool IsOfSilo(FaultKind kind) =>
        kind
            is FaultKind.Kill
                or FaultKind.Freeze
                or FaultKind.Drain
                or FaultKind.FlipCheckpoint
                or FaultKind.Clock
                or FaultKind.Disk
                or FaultKind.Partition
                or FaultKind.Replace;

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Enum.GetValues<FaultKind>().Select(NameOf).Concat(s_groups.Keys);

    /// <summary>A kind's name, such as flip-input.</summary>
    public static string NameOf(FaultKind kind) => Humps().Replace(kind.ToString(), "-$0").ToLowerInvariant();

    /// <summary>Reads a list of names.</summary>
    /// <returns>The kinds, in their order; null: a name is none.</returns>
    public static IReadOnlyList<FaultKind>? Parse(string text)
    {
        var kinds = new HashSet<FaultKind>();
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (s_groups.TryGetValue(name, out var group))
            {
                kinds.UnionWith(group);
            }
            else if (Enum.GetValues<FaultKind>().Where(kind => NameOf(kind) == name).ToList() is [var one])
            {
                kinds.Add(one);
            }
            else
            {
                return null;
            }
        }

        return kinds.Count == 0 ? null : [.. kinds.Order()];
    }

    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex Humps();
}
