namespace OrleansOneShot.Compute.Plots;

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Token">The object's identifier, such as <c>&lt;cat&gt;</c>.</param>
/// <param name="Losses">L_PE (eq. 2) before each step, and of the result.</param>
public sealed record PrototypeCurve(string Token, IReadOnlyList<double> Losses);
