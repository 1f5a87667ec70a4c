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
