using OrleansOneShot.Common;
using TorchSharp;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>One tensor of a safetensors file, as its header states it.</summary>
/// <param name="Name">The tensor's key.</param>
/// <param name="ElementType">Element type that it is read as.</param>
/// <param name="Shape">Sizes, each 0 or more; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteLength">Length in bytes: the product of <paramref name="Shape"/> times the size of an element as stored.</param>
public sealed record TensorEntry(string Name, torch.ScalarType ElementType, long[] Shape, long Offset, long ByteLength)
{
    /// <summary>How the file writes numbers of eight bits; they are read as float16.</summary>
    public Float8 Float8 { get; init; }

    /// <summary>Number of values.</summary>
    public long ElementCount => ByteLength / (Float8 == Float8.None ? SafetensorsTypes.SizeOf(ElementType) : 1);

    /// <summary>The shape as text, such as <c>[320, 4, 3, 3]</c>.</summary>
    public string ShapeText => Wording.Shape(Shape);
}
