namespace OrleansOneShot.Contracts.Requests;

/// <summary>Where the terms of a training step are evaluated.</summary>
[GenerateSerializer, Alias("oneshot.FanOutMode")]
public enum FanOutMode
{
    /// <summary><see cref="Local"/> or <see cref="Synchronous"/>, by what was measured when the job began.</summary>
    Auto = 0,

    /// <summary>All terms on the job's own slot.</summary>
    Local = 1,

    /// <summary>Terms on several silos; gradients are reduced every step, in the order of the terms.</summary>
    Synchronous = 2,

    /// <summary>Each participant takes N steps on its own combinations, then weights are averaged: another algorithm, only on request.</summary>
    Periodic = 3,
}
