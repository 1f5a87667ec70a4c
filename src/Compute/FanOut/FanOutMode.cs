namespace OrleansOneShot.Compute.FanOut;

/// <summary>Where the terms of a training step are evaluated.</summary>
public enum FanOutMode
{
    /// <summary><see cref="Local"/> or <see cref="Synchronous"/>, by what is measured before the first step.</summary>
    Auto = 0,

    /// <summary>All on the run's own machine.</summary>
    Local = 1,

    /// <summary>On several machines; gradients are added up every step, in the order of the terms.</summary>
    Synchronous = 2,

    /// <summary>Each participant takes N steps on its own combinations, then weights and moments are averaged: another algorithm.</summary>
    Periodic = 3,
}
