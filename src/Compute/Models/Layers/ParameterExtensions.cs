using TorchSharp.Modules;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Ownership of parameters.</summary>
internal static class ParameterExtensions
{
    /// <summary>Takes a parameter out of the dispose scope it was made in: its module owns it from here on.</summary>
    public static Parameter Kept(this Parameter parameter)
    {
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
