using OrleansOneShot.Common;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>One parameter of a model.</summary>
/// <param name="Key">Its key in a checkpoint.</param>
/// <param name="Owner">The layer that has it.</param>
/// <param name="Name">Its name within the layer.</param>
/// <param name="Shape">Its shape.</param>
internal sealed record ParameterSlot(string Key, Module Owner, string Name, long[] Shape)
{
    /// <summary>The shape as text, such as <c>[320, 4, 3, 3]</c>.</summary>
    public string ShapeText => Wording.Shape(Shape);
}
