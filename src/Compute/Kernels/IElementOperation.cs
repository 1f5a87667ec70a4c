using System.Runtime.Intrinsics;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>An operation on 16 elements of two tensors, in float32.</summary>
internal interface IElementOperation
{
    static abstract Vector512<float> Apply(Vector512<float> a, Vector512<float> b);
}
