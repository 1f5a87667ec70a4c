using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>The memory that jobs need, learned from those that have ended: for each kind of device by itself, because a job takes little of the machine's memory where it has a GPU's.</summary>
internal sealed class MemoryProfiles
{
    /// <summary>Most profiles remembered; the one that was learned first goes first.</summary>
    public const int MaxProfiles = 256;

    // Rounded up: a peak a little above the last one changes nothing.
    private const long Unit = 256L << 20;

    private readonly OrderedDictionary<(string Profile, string Device), long> _profiles = [];

    /// <summary>Goes on from what was stored.</summary>
    /// <param name="state">What was stored; older states have none.</param>
    public MemoryProfiles(ImmutableArray<MemoryProfile> state)
    {
        foreach (var known in state.IsDefault ? [] : state)
            _profiles[(known.Profile, known.Device ?? DeviceKind.Cpu)] = known.PeakBytes;
    }

    /// <summary>What to store.</summary>
    /// <returns>The profiles.</returns>
    public ImmutableArray<MemoryProfile> ToState() => [.. _profiles.Select(known => new MemoryProfile(known.Key.Profile, known.Value, known.Key.Device))];

    /// <summary>Memory that a job of a profile needs.</summary>
    /// <param name="profile">The profile; null: none.</param>
    /// <param name="device">The kind of device.</param>
    /// <returns>Bytes; 0 if not known.</returns>
    public long RequiredBytes(string? profile, string device) => profile is null ? 0 : _profiles.GetValueOrDefault((profile, device));

    /// <summary>Remembers the largest peak of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="device">The kind of device.</param>
    /// <param name="bytes">What a job took.</param>
    /// <returns>Whether that is news.</returns>
    public bool Learn(string profile, string device, long bytes)
    {
        if (bytes <= RequiredBytes(profile, device))
            return false;
        _profiles.Remove((profile, device));
        _profiles.Add((profile, device), bytes);
        if (_profiles.Count > MaxProfiles)
            _profiles.RemoveAt(0);
        return true;
    }

    /// <summary>What a job's memory depends on. Options left to the model's defaults are the same for all jobs of that model.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>The profile.</returns>
    public static string NameOf(ImplantationRequest request)
    {
        var training = request.Training;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Model.Name}/{Text(training.Resolution)}/{training.Precision}/{request.Objects.Length}/{Text(training.MicroBatch)}").ToLowerInvariant();

        static string Text(int? option) => option?.ToString(CultureInfo.InvariantCulture) ?? "default";
    }

    /// <summary>Rounds a peak up.</summary>
    /// <param name="bytes">The peak.</param>
    /// <returns>A multiple of 256 MiB.</returns>
    public static long RoundUp(long bytes) => (bytes + Unit - 1) / Unit * Unit;
}
