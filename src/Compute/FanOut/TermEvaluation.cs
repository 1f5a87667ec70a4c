namespace OrleansOneShot.Compute.FanOut;

/// <summary>How the terms of a step are evaluated: what the trained weights depend on, in the last bits or (rounds) altogether.</summary>
internal enum TermEvaluation
{
    /// <summary>All terms in one forward and backward pass.</summary>
    Batch = 0,

    /// <summary>Several terms a pass; gradients are added in the order of the terms.</summary>
    MicroBatch = 1,

    /// <summary>Each term alone; gradients travel as bytes and are added in the order of the terms, wherever they come from.</summary>
    TermByTerm = 2,

    /// <summary>Rounds of several steps by several participants, then an average.</summary>
    Rounds = 3,
}
