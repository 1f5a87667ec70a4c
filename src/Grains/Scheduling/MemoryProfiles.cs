using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// The memory that jobs need, learned from those that have ended: for each kind of device by itself, because a job takes little of the machine's memory where
/// it has a GPU's. What was learned fades, so that one odd measurement does not keep small slots from their jobs for ever: it is the most of the last 8 to 16
/// jobs of a kind, and forgotten a week after the last.
/// </summary>
internal sealed class MemoryProfiles
{
    /// <summary>Most profiles remembered; the one that was told of longest ago goes first.</summary>
    public const int MaxProfiles = 256;

    /// <summary>Jobs of a generation.</summary>
    public const int Generation = 8;

    /// <summary>
    /// How long a profile is remembered after the last job that told of it. Where no slot has as much as one odd job took, none can tell otherwise.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // Rounded up: a peak a little above the last one changes nothing.
    private const long Unit = 256L << 20;

    private readonly OrderedDictionary<(string Profile, string Device), MemoryProfile> _profiles = [];

    /// <summary>Goes on from what was stored.</summary>
    /// <param name="state">What was stored; older states have none.</param>
    /// <param name="now">The time: what was stored without one is as if told of now.</param>
    public MemoryProfiles(ImmutableArray<MemoryProfile> state, DateTimeOffset now)
    {
        foreach (var known in state.IsDefault ? [] : state)
        {
            var device = known.Device ?? DeviceKind.Cpu;
            _profiles[(known.Profile, device)] = known with { Device = device, Seen = known.Seen == default ? now : known.Seen };
        }
    }

    /// <summary>What to store.</summary>
    /// <returns>The profiles.</returns>
    public ImmutableArray<MemoryProfile> ToState() => [.. _profiles.Values];

    /// <summary>Memory that a job of a profile needs.</summary>
    /// <param name="profile">The profile; null: none.</param>
    /// <param name="device">The kind of device.</param>
    /// <returns>Bytes; 0 if not known.</returns>
    public long RequiredBytes(string? profile, string device) => profile is null ? 0 : _profiles.GetValueOrDefault((profile, device))?.RequiredBytes ?? 0;

    /// <summary>Remembers what a job took.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="device">The kind of device.</param>
    /// <param name="bytes">What it took.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether jobs of its kind need more or less from now on.</returns>
    public bool RecordMemory(string profile, string device, long bytes, DateTimeOffset now)
    {
        var known = _profiles.GetValueOrDefault((profile, device)) ?? new MemoryProfile(profile, 0, device);
        var next = known with { RecentBytes = Math.Max(known.RecentBytes, bytes), Jobs = known.Jobs + 1, Seen = now };
        if (next.Jobs >= Generation)
        {
            next = next with { PeakBytes = next.RecentBytes, RecentBytes = 0, Jobs = 0 };
        }
        _profiles.Remove((profile, device));
        _profiles.Add((profile, device), next);
        if (_profiles.Count > MaxProfiles)
        {
            _profiles.RemoveAt(0);
        }
        return next.RequiredBytes != known.RequiredBytes;
    }

    /// <summary>Forgets what no job has told of for long.</summary>
    /// <param name="now">The time.</param>
    public void Fade(DateTimeOffset now)
    {
        // In the order of telling.
        while (_profiles.Count > 0 && now - _profiles.GetAt(0).Value.Seen >= Lifetime)
        {
            _profiles.RemoveAt(0);
        }
    }

    /// <summary>What a job's memory depends on. Options left to the model's defaults are the same for all jobs of that model.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>The profile.</returns>
    public static string NameOf(IJobRequest request) =>
        request switch
        {
            ImplantationRequest implantation => NameOf(implantation),
            // One prompt's pictures are denoised at a time, in batches of a bounded size.
            _ => $"{request.Model.Name}/pictures".ToLowerInvariant(),
        };

    private static string NameOf(ImplantationRequest request)
    {
        var training = request.Training;
        // Jobs of the first method are known by the names that they had before there were others.
        var method = request.Method.Name == TrainingMethod.Ours ? "" : $"/{Setting.WordOf(request.Method.Name)}";
        return string.Create(
                CultureInfo.InvariantCulture,
                $"{request.Model.Name}/{Text(training.Resolution)}/{training.Precision}/{request.Objects.Length}/{Text(training.MicroBatch)}{method}"
            )
            .ToLowerInvariant();

        static string Text(int? option) => option?.ToString(CultureInfo.InvariantCulture) ?? "default";
    }

    /// <summary>Rounds a peak up.</summary>
    /// <param name="bytes">The peak.</param>
    /// <returns>A multiple of 256 MiB.</returns>
    public static long RoundUp(long bytes) => (bytes + Unit - 1) / Unit * Unit;
}

/// <summary>What jobs of one kind were seen to need, in two generations, of which the older one goes when the younger one is full.</summary>
/// <param name="Profile">The kind of job, as <c>QueueEntry.Profile</c> names it.</param>
/// <param name="PeakBytes">The most that one of the older generation took.</param>
/// <param name="Device">The kind of device that it took it of.</param>
[GenerateSerializer, Immutable, Alias("oneshot.MemoryProfile")]
internal sealed record MemoryProfile([property: Id(0)] string Profile, [property: Id(1)] long PeakBytes, [property: Id(2)] string Device = DeviceKind.Cpu)
{
    /// <summary>The most that one of the younger generation took.</summary>
    [Id(3)]
    public long RecentBytes { get; init; }

    /// <summary>Jobs of the younger generation.</summary>
    [Id(4)]
    public int Jobs { get; init; }

    /// <summary>When a job last told, UTC. Default in what older versions stored.</summary>
    [Id(5)]
    public DateTimeOffset Seen { get; init; }

    /// <summary>What the next one of its kind needs.</summary>
    public long RequiredBytes => Math.Max(PeakBytes, RecentBytes);
}
