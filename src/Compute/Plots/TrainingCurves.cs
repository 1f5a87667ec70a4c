namespace OrleansOneShot.Compute.Plots;

/// <summary>Losses of a run, one value a step. A term that was off in a step is NaN there; a term that was never on is empty.</summary>
public sealed record TrainingCurves
{
    /// <summary>The sum that was minimised.</summary>
    public IReadOnlyList<double> Total { get; init; } = [];

    /// <summary>The loss over the whole picture.</summary>
    public IReadOnlyList<double> Global { get; init; } = [];

    /// <summary>The object-specific loss without the global term (eq. 4 and 5).</summary>
    public IReadOnlyList<double> Object { get; init; } = [];

    /// <summary>The class-characterizing regularization (eq. 3).</summary>
    public IReadOnlyList<double> Class { get; init; } = [];

    /// <summary>The prototypes' curves, one an object; empty without prototypes.</summary>
    public IReadOnlyList<PrototypeCurve> Prototypes { get; init; } = [];
}

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Token">The object's identifier, such as <c>&lt;cat&gt;</c>.</param>
/// <param name="Losses">L_PE (eq. 2) before each step, and of the result.</param>
public sealed record PrototypeCurve(string Token, IReadOnlyList<double> Losses);
