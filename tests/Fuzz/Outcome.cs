namespace OrleansOneShot.Fuzz;

/// <summary>What came of an input.</summary>
internal enum Outcome
{
    /// <summary>It was read.</summary>
    Taken,

    /// <summary>It was refused in words.</summary>
    Refused,

    /// <summary>It showed a fault.</summary>
    Found,
}
