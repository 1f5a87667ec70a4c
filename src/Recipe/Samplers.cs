namespace OrleansOneShot.Recipe;

/// <summary>Names of the schedulers that draw.</summary>
public static class Samplers
{
    /// <summary>DPM-Solver++ of second order, multistep (diffusers' <c>DPMSolverMultistepScheduler</c>).</summary>
    public const string DpmSolver = "dpm++";

    /// <summary>DDIM with eta 0 (<c>DDIMScheduler</c>).</summary>
    public const string Ddim = "ddim";

    /// <summary>Euler (<c>EulerDiscreteScheduler</c>).</summary>
    public const string Euler = "euler";

    /// <summary>PNDM without Runge-Kutta steps (<c>PNDMScheduler</c>).</summary>
    public const string Pndm = "pndm";

    /// <summary>All of them; the first is the default.</summary>
    public static IReadOnlyList<string> Names { get; } = [DpmSolver, Ddim, Euler, Pndm];
}
