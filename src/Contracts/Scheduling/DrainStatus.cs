using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>How far a cluster has drained.</summary>
/// <param name="Mark">Null: it is not drained.</param>
/// <param name="Running">Jobs that have a slot.</param>
/// <param name="Waiting">Jobs that wait.</param>
/// <param name="Offering">Silos that still offer slots.</param>
/// <param name="Silos">Addresses of the silos that have not left, those without slots included.</param>
[GenerateSerializer, Immutable, Alias("oneshot.DrainStatus")]
public sealed record DrainStatus(
    [property: Id(0)] DrainMark? Mark,
    [property: Id(1)] int Running,
    [property: Id(2)] int Waiting,
    [property: Id(3)] int Offering,
    [property: Id(4)] ImmutableArray<string> Silos
);

/// <summary>
/// That a cluster is drained: nobody gets a slot, and silos leave. It holds for silos of the version that it names and of earlier ones; the first silo of a
/// later version takes it away.
/// </summary>
/// <param name="ContractVersion">Version of the contracts of the silos that were drained.</param>
/// <param name="Since">Since when, by the clock of whoever keeps it.</param>
[GenerateSerializer, Immutable, Alias("oneshot.DrainMark")]
public sealed record DrainMark([property: Id(0)] int ContractVersion, [property: Id(1)] DateTimeOffset Since);
