using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Validation;

/// <summary>A photo and the masks of its objects, checked, as the bytes of their files.</summary>
/// <param name="Image">The photo's file.</param>
/// <param name="Masks">The masks' files.</param>
/// <param name="Warnings">What was noticed.</param>
internal sealed record Photo(byte[] Image, IReadOnlyList<byte[]> Masks, IReadOnlyList<string> Warnings)
{
    /// <summary>Reads and checks the files.</summary>
    /// <param name="image">Path of the photo.</param>
    /// <param name="masks">Paths of the masks.</param>
    /// <returns>The files.</returns>
    /// <exception cref="Compute.InvalidInputException">One is missing, no picture, too large, or doesn't fit.</exception>
    public static Photo Read(string image, IReadOnlyList<string> masks)
    {
        var picture = ImageReader.Read(image);
        var warnings = new List<string>(picture.Notes);
        foreach (var mask in masks)
        {
            warnings.AddRange(MaskReader.Read(mask, picture.Width, picture.Height).Warnings);
        }

        return new Photo(File.ReadAllBytes(image), [.. masks.Select(File.ReadAllBytes)], warnings);
    }
}
