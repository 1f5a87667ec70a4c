namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>The right to train one epoch of a job on one slot of a silo.</summary>
/// <param name="Silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
/// <param name="Slot">Number of the slot on that silo, from 0.</param>
/// <param name="JobId">The job.</param>
/// <param name="Epoch">The job's epoch.</param>
/// <param name="Expires">When the lease lapses unless it is renewed, UTC.</param>
/// <param name="Request">Of a lent slot: number of the job's request that it was lent for. 0: of a job's own slot.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SlotLease")]
public sealed record SlotLease(
    [property: Id(0)] string Silo,
    [property: Id(1)] int Slot,
    [property: Id(2)] string JobId,
    [property: Id(3)] long Epoch,
    [property: Id(4)] DateTimeOffset Expires,
    [property: Id(5)] long Request = 0
);
