namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>A block that can be computed again on the way back instead of keeping what it computed.</summary>
internal interface IRecomputable
{
    /// <summary>Whether it is (gradient checkpointing).</summary>
    bool Recomputes { get; set; }
}
