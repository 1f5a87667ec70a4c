namespace OrleansOneShot.Silo.Embedded;

/// <summary>Who owns a data folder, as <c>owner.json</c> says.</summary>
public sealed record OwnerRecord
{
    /// <summary>Its process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When the process started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Port of its gateway on the loopback; 0 while it starts.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Its cluster, new for each owner: a client never talks to a stranger that took the port over.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Whether it trains; a short look at the jobs does not.</summary>
    public bool Trains { get; init; }
}
