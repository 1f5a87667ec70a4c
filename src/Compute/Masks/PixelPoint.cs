namespace OrleansOneShot.Compute.Masks;

/// <summary>A pixel of an upright photo.</summary>
/// <param name="X">Column, from 0.</param>
/// <param name="Y">Row, from 0.</param>
public readonly record struct PixelPoint(int X, int Y);
