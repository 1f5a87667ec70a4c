namespace OrleansOneShot.Compute.Plots;

/// <summary>Losses of a run, one value a step. A term that was off in a step is NaN there; a term that was never on is empty.</summary>
public sealed record TrainingCurves
{
    /// <summary>The sum that was minimised.</summary>
    public IReadOnlyList<double> Total { get; init; } = [];

    /// <summary>The terms of that sum, in their order.</summary>
    public IReadOnlyList<TermCurve> Terms { get; init; } = [];

    /// <summary>The prototypes' curves, one an object; empty without prototypes.</summary>
    public IReadOnlyList<PrototypeCurve> Prototypes { get; init; } = [];
}

/// <summary>One term's losses.</summary>
/// <param name="Name">What it is called; see <see cref="Method.LossNames"/>.</param>
/// <param name="Values">Its losses, one a step.</param>
public sealed record TermCurve(string Name, IReadOnlyList<double> Values);

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Token">The object's identifier, such as <c>&lt;cat&gt;</c>.</param>
/// <param name="Losses">L_PE (eq. 2) before each step, and of the result.</param>
public sealed record PrototypeCurve(string Token, IReadOnlyList<double> Losses);
