namespace OrleansOneShot.Compute.Imaging;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="X">Leftmost column.</param>
/// <param name="Y">Topmost row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct PixelRectangle(int X, int Y, int Width, int Height)
{
    /// <summary>The column after the last one.</summary>
    public int Right => X + Width;

    /// <summary>The row after the last one.</summary>
    public int Bottom => Y + Height;

    internal void ThrowIfOutside(int width, int height)
    {
        if (X < 0 || Y < 0 || Width < 1 || Height < 1 || Width > width - X || Height > height - Y)
        {
            throw new ArgumentOutOfRangeException(nameof(width), $"{this} is not a part of a picture of {width} x {height}.");
        }
    }
}
