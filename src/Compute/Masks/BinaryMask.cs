namespace OrleansOneShot.Compute.Masks;

/// <summary>A mask of yes and no, while it is being made.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Values">Whether a pixel belongs to the object, row by row.</param>
internal sealed record BinaryMask(int Width, int Height, bool[] Values)
{
    /// <summary>Pixels of the object.</summary>
    public int Count => Values.Count(v => v);
}
