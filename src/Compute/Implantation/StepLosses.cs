namespace OrleansOneShot.Compute.Implantation;

/// <summary>The losses of one training step.</summary>
/// <param name="Global">The global term.</param>
/// <param name="Object">Sum of the masked terms; 0 when switched off.</param>
/// <param name="Class">L_CL summed over the objects drawn; 0 when not drawn or switched off.</param>
public readonly record struct StepLosses(double Global, double Object, double Class)
{
    /// <summary>L.</summary>
    public double Total => Global + Object + Class;

    /// <summary>The losses of a step whose terms were evaluated apart.</summary>
    /// <param name="terms">The UNet terms' losses: the masked ones, then the global one.</param>
    /// <param name="classLoss">L_CL.</param>
    internal static StepLosses OfTerms(IReadOnlyList<double> terms, double classLoss) => new(terms[^1], terms.Take(terms.Count - 1).Sum(), classLoss);
}
