namespace OrleansOneShot.Compute.Imaging;

/// <summary>A picture of a contact sheet.</summary>
/// <param name="Image">The picture, of any size.</param>
/// <param name="Caption">Its prompt, or what it is. Neighbours of one caption share it.</param>
public sealed record SheetPicture(RgbImage Image, string Caption);
