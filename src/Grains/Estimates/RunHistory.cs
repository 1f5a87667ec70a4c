using System.Collections.Immutable;
using OrleansOneShot.Contracts.Estimates;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>What the latest runs took, by kind of job and of device. The kind that was told of longest ago is forgotten first.</summary>
internal sealed class RunHistory
{
    /// <summary>Most kinds remembered.</summary>
    public const int MaxProfiles = 256;

    /// <summary>Runs remembered of a kind.</summary>
    public const int MaxRuns = 8;

    private readonly OrderedDictionary<(string Profile, string Device), ProfileRuns> _kinds = [];

    /// <summary>Goes on from what was stored.</summary>
    /// <param name="state">What was stored.</param>
    public RunHistory(ImmutableArray<ProfileRuns> state)
    {
        foreach (var kind in state.IsDefault ? [] : state)
        {
            _kinds[(kind.Profile, kind.Device)] = kind;
        }
    }

    /// <summary>What to store.</summary>
    /// <returns>The kinds, latest last.</returns>
    public ImmutableArray<ProfileRuns> ToState() => [.. _kinds.Values];

    /// <summary>Remembers a run.</summary>
    /// <param name="profile">The kind of job.</param>
    /// <param name="device">The kind of device.</param>
    /// <param name="run">What it took.</param>
    public void Add(string profile, string device, RunDurations run)
    {
        var runs = _kinds.GetValueOrDefault((profile, device))?.Runs ?? [];
        _kinds.Remove((profile, device));
        _kinds.Add((profile, device), new ProfileRuns(profile, device, [.. runs.Add(run).TakeLast(MaxRuns)]));
        if (_kinds.Count > MaxProfiles)
        {
            _kinds.RemoveAt(0);
        }
    }

    /// <summary>What is known of a kind of job.</summary>
    /// <param name="profile">The kind.</param>
    /// <returns>By kind of device.</returns>
    public ImmutableArray<RunExperience> Find(string profile) =>
        [.. _kinds.Values.Where(kind => kind.Profile == profile).Select(kind => new RunExperience(kind.Device, kind.Runs))];
}

/// <summary>What is stored: a row that may be lost.</summary>
[GenerateSerializer, Alias("oneshot.EstimatorState")]
internal sealed record EstimatorState
{
    /// <summary>The kinds, latest last.</summary>
    [Id(0)]
    public ImmutableArray<ProfileRuns> Kinds { get; init; } = [];
}

/// <summary>What the latest runs of a kind took.</summary>
/// <param name="Profile">The kind of job.</param>
/// <param name="Device">The kind of device.</param>
/// <param name="Runs">The runs, latest last.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ProfileRuns")]
internal sealed record ProfileRuns([property: Id(0)] string Profile, [property: Id(1)] string Device, [property: Id(2)] ImmutableArray<RunDurations> Runs);
