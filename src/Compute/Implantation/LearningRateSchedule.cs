namespace OrleansOneShot.Compute.Implantation;

/// <summary>How the learning rate changes over the steps.</summary>
public enum LearningRateSchedule
{
    /// <summary>Not at all, as in the paper.</summary>
    Constant = 0,

    /// <summary>Down to zero along half a cosine, which takes the noise of single draws out of the last weights.</summary>
    Cosine = 1,
}
