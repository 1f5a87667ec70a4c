namespace OrleansOneShot.Documents.Cluster;

/// <summary>How far a cluster has drained.</summary>
/// <param name="Draining">Whether it is drained: no job gets a slot, and its silos leave.</param>
/// <param name="Running">Jobs that have a slot.</param>
/// <param name="Waiting">Jobs that wait.</param>
/// <param name="Silos">Addresses of the silos that have not left, those without slots included.</param>
/// <param name="ContractVersion">Version of the contracts of the silos that are drained; null where none are.</param>
/// <param name="Since">Since when it is drained; null: it is not.</param>
public sealed record DrainDocument(
    bool Draining,
    int Running,
    int Waiting,
    IReadOnlyList<string> Silos,
    int? ContractVersion = null,
    DateTimeOffset? Since = null
);
