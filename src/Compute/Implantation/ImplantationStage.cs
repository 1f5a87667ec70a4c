namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run is doing.</summary>
public enum ImplantationStage
{
    /// <summary>Loads the model, cuts and encodes the picture, finds the prototypical embedding.</summary>
    Preparing = 0,

    /// <summary>Trains.</summary>
    Training = 1,

    /// <summary>Draws and measures the samples, writes the files.</summary>
    Sampling = 2,
}
