namespace OrleansOneShot.Grains.Faults;

/// <summary>Whose an error of a run is: that decides whether its job fails, goes on later, or goes on elsewhere.</summary>
public enum FaultKind
{
    /// <summary>The request's: it would fail on any machine, so the job fails at once. Also what nobody foresaw: a defect is the same everywhere.</summary>
    Request = 0,

    /// <summary>A store or another service is away: the job is queued again and goes on when it is back.</summary>
    Store = 1,

    /// <summary>
    /// The machine's on which it happened, its way to the store included: the job goes on elsewhere, and the silo takes no more jobs until it has passed its
    /// self-test.
    /// </summary>
    Machine = 2,
}
