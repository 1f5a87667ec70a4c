using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Generation;

/// <summary>A picture and how it was drawn.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Settings">Its settings, for the file's metadata.</param>
internal sealed record DrawnPicture(RgbImage Image, PictureSettings Settings);
