namespace OrleansOneShot.Compute.Implantation;

/// <summary>The losses of every training step so far, by term.</summary>
public sealed class LossCurves
{
    private readonly List<StepLosses> _steps = [];

    /// <summary>The losses, one entry a step.</summary>
    public IReadOnlyList<StepLosses> Steps => _steps;

    /// <summary>Adds the losses of the next step.</summary>
    /// <param name="losses">The losses.</param>
    public void Add(StepLosses losses) => _steps.Add(losses);
}

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

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Losses">L_PE by step.</param>
/// <param name="BestStep">The step whose vectors were kept.</param>
public sealed record PrototypeCurve(IReadOnlyList<double> Losses, int BestStep)
{
    /// <summary>1 - L_PE of the kept vectors.</summary>
    public double Similarity => 1 - Losses[BestStep];
}
