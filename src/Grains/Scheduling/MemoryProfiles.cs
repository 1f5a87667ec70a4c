using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>The memory that jobs need, learned from those that have ended.</summary>
internal sealed class MemoryProfiles
{
    /// <summary>Most profiles remembered; the one that was learned first goes first.</summary>
    public const int MaxProfiles = 256;

    // Rounded up: a peak a little above the last one changes nothing.
    private const long Unit = 256L << 20;

    private readonly List<MemoryProfile> _profiles;

    /// <summary>Goes on from what was stored.</summary>
    /// <param name="state">What was stored; older states have none.</param>
    public MemoryProfiles(ImmutableArray<MemoryProfile> state) => _profiles = state.IsDefault ? [] : [.. state];

    /// <summary>What to store.</summary>
    /// <returns>The profiles.</returns>
    public ImmutableArray<MemoryProfile> ToState() => [.. _profiles];

    /// <summary>Memory that a job of a profile needs.</summary>
    /// <param name="profile">The profile.</param>
    /// <returns>Bytes; 0 if not known.</returns>
    public long RequiredBytes(string? profile) => _profiles.Find(known => known.Profile == profile)?.PeakBytes ?? 0;

    /// <summary>Remembers the largest peak of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="bytes">What a job took.</param>
    /// <returns>Whether that is news.</returns>
    public bool Learn(string profile, long bytes)
    {
        if (bytes <= RequiredBytes(profile))
            return false;
        _profiles.RemoveAll(known => known.Profile == profile);
        _profiles.Add(new MemoryProfile(profile, bytes));
        if (_profiles.Count > MaxProfiles)
            _profiles.RemoveAt(0);
        return true;
    }

    /// <summary>What a job's memory depends on. Options left to the model's defaults are the same for all jobs of that model.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>The profile.</returns>
    public static string NameOf(ImplantationRequest request) => string.Create(
        CultureInfo.InvariantCulture,
        $"{request.Model.Name}/{request.Training.Resolution?.ToString(CultureInfo.InvariantCulture) ?? "default"}/{request.Training.Precision}/{request.Objects.Length}").ToLowerInvariant();

    /// <summary>The kind of device that a job asks for.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>"cuda", or null: any will do.</returns>
    public static string? DeviceOf(ImplantationRequest request) => request.Training.Device.StartsWith("cuda", StringComparison.Ordinal) ? "cuda" : null;

    /// <summary>Rounds a peak up.</summary>
    /// <param name="bytes">The peak.</param>
    /// <returns>A multiple of 256 MiB.</returns>
    public static long RoundUp(long bytes) => (bytes + Unit - 1) / Unit * Unit;
}
