namespace OrleansOneShot.Contracts.Requests;

/// <summary>What the masked term of one of several objects sees.</summary>
[GenerateSerializer, Alias("oneshot.ObjectView")]
public enum ObjectView
{
    /// <summary>The training crop that holds all objects, as in the paper.</summary>
    Shared = 0,

    /// <summary>A crop of its own around the object, so that small objects are learned at the size at which models draw one.</summary>
    Own = 1,
}
