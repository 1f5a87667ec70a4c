namespace OrleansOneShot.Grains.Training;

/// <summary>Why a run is asked to stop.</summary>
internal enum StopReason
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>The silo stops; the job goes on elsewhere or later.</summary>
    Drain = 1,

    /// <summary>The job was cancelled or replaced; nothing of this run counts any more.</summary>
    Cancel = 2,
}
