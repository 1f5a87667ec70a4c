namespace OrleansOneShot.Contracts.Requests;

/// <summary>How the learning rate changes over the steps.</summary>
[GenerateSerializer, Alias("oneshot.LearningRateSchedule")]
public enum LearningRateSchedule
{
    /// <summary>Not at all, as in the paper.</summary>
    Constant = 0,

    /// <summary>Down to zero along half a cosine.</summary>
    Cosine = 1,
}
