namespace OrleansOneShot.Compute.Imaging;

/// <summary>EXIF's orientation tag (0x0112): how stored rows and columns relate to the upright picture.</summary>
internal enum ExifOrientation
{
    /// <summary>Stored upright.</summary>
    Upright = 1,

    /// <summary>Mirrored left to right.</summary>
    MirroredHorizontally = 2,

    /// <summary>Rotated by 180 degrees.</summary>
    Rotated180 = 3,

    /// <summary>Mirrored top to bottom.</summary>
    MirroredVertically = 4,

    /// <summary>Mirrored along the main diagonal.</summary>
    Transposed = 5,

    /// <summary>To be turned right by 90 degrees to stand upright.</summary>
    Right90 = 6,

    /// <summary>Mirrored along the other diagonal.</summary>
    Transversed = 7,

    /// <summary>To be turned left by 90 degrees to stand upright.</summary>
    Left90 = 8,
}
