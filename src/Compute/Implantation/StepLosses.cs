namespace OrleansOneShot.Compute.Implantation;

/// <summary>The losses of one training step.</summary>
/// <param name="Global">The global term.</param>
/// <param name="Object">Sum of the masked terms; 0 when switched off.</param>
/// <param name="Class">L_CL summed over the objects drawn; 0 when not drawn or switched off.</param>
public readonly record struct StepLosses(double Global, double Object, double Class)
{
    /// <summary>L.</summary>
    public double Total => Global + Object + Class;
}
