namespace OrleansOneShot.Compute.Imaging;

/// <summary>A decoded, upright picture before it becomes a photo or a mask.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Rgba">One value a pixel: red in the lowest byte, then green, blue and alpha, not premultiplied.</param>
/// <param name="HasAlpha">True when the format carries alpha, whether or not it is used.</param>
/// <param name="Orientation">What EXIF asked for; it has been applied.</param>
internal sealed record DecodedImage(int Width, int Height, uint[] Rgba, bool HasAlpha, ExifOrientation Orientation);
