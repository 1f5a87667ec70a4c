using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>When a checkpoint is written: every so many steps, and after the last one. One more is written when a run is asked to stop.</summary>
internal static class CheckpointSchedule
{
    /// <summary>Whether one is due.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="before">Steps done at the look before.</param>
    /// <param name="done">Steps done now; a round of several steps may have passed over the step itself.</param>
    public static bool IsDue(ImplantationOptions options, int before, int done) =>
        done / options.CheckpointEvery > before / options.CheckpointEvery || done == options.Steps;
}
