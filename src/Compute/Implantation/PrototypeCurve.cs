namespace OrleansOneShot.Compute.Implantation;

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Losses">L_PE by step.</param>
/// <param name="BestStep">The step whose vectors were kept.</param>
public sealed record PrototypeCurve(IReadOnlyList<double> Losses, int BestStep)
{
    /// <summary>1 - L_PE of the kept vectors.</summary>
    public double Similarity => 1 - Losses[BestStep];
}
