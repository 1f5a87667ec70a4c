using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Client.Cluster.Redis;

/// <summary>What Redis says to a silo's claim.</summary>
/// <param name="Now">Redis' clock, UTC.</param>
/// <param name="Outcome">Whether it was entered.</param>
/// <param name="Incarnation">The cluster's incarnation; empty: there is none.</param>
/// <param name="Other">Version and name of a silo that keeps this one out.</param>
internal sealed record ClaimAnswer(DateTimeOffset Now, ClaimOutcome Outcome, string Incarnation, (int Version, string Silo)? Other = null)
{
    /// <summary>The cluster is drained, for silos of this version as well; null: it is not.</summary>
    public DrainMark? Drain { get; init; }
}

/// <summary>How a claim ended.</summary>
internal enum ClaimOutcome
{
    /// <summary>The silo is entered in a cluster that was there before.</summary>
    Entered,

    /// <summary>The silo is entered, and the first that this Redis knows.</summary>
    Founded,

    /// <summary>Silos of another version are there.</summary>
    Refused,

    /// <summary>The cluster is drained, and this silo is of the version that was drained or of an earlier one.</summary>
    Drained,

    /// <summary>The incarnation that the silo entered is gone: Redis has lost its data, or was emptied.</summary>
    Lost,

    /// <summary>The incarnation is the same, and what this silo wrote last is gone: Redis came back with data of an earlier moment.</summary>
    Rewound,
}

/// <summary>What a client sees of a cluster in its Redis.</summary>
/// <param name="Incarnation">The cluster's incarnation; empty: no silo was ever there, as far as this Redis knows.</param>
/// <param name="HasSilos">Whether a silo has lately said that it lives.</param>
/// <param name="Drain">The cluster is drained; null: it is not.</param>
internal sealed record ClusterView(string Incarnation, bool HasSilos, DrainMark? Drain = null);
