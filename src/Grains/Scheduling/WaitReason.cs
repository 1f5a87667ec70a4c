namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Why a job waits.</summary>
internal enum WaitReason
{
    /// <summary>All slots that fit have work.</summary>
    Busy,

    /// <summary>There are slots, and none fits.</summary>
    NoneFits,

    /// <summary>All that fit are those of silos that take no jobs for now.</summary>
    Withheld,

    /// <summary>There are no slots.</summary>
    NoSlots,
}
