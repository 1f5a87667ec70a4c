using System.Globalization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Cli.Validation;

/// <summary>A photo and the masks of its objects, checked, as bytes.</summary>
/// <param name="Image">The photo's file.</param>
/// <param name="Masks">
/// The masks' files; those made from a box or points, and those whose file says it in another way than by white or opacity, are PNGs of ours.
/// </param>
/// <param name="Warnings">What was noticed.</param>
internal sealed record Photo(byte[] Image, IReadOnlyList<byte[]> Masks, IReadOnlyList<string> Warnings)
{
    private const string Shown = "oneshot mask with the same box or points shows it.";
    private const string Guessed = "nothing said where the object is, so it was looked for in all but the border. A mask or a box is better.";

    // The border, as a part of each side.
    private const double Inset = 0.05;

    // Overlaps are measured on small copies: the masks of many objects of a large photo would take gigabytes.
    private const int OverlapSide = 512;

    /// <summary>Which of the masks are their files as they are.</summary>
    public IReadOnlyList<bool> ArePlain { get; private init; } = [];

    /// <summary>Reads and checks the files, and makes the masks that are to be made.</summary>
    /// <param name="image">Path of the photo.</param>
    /// <param name="objects">The objects. One with neither a mask nor a box nor a point is looked for in all of the picture but its border.</param>
    /// <param name="tokens">Their identifiers, for messages.</param>
    /// <param name="cancellationToken">Stops between the steps of making a mask.</param>
    /// <returns>The files.</returns>
    /// <exception cref="Compute.InvalidInputException">One is missing, no picture, too large, or doesn't fit.</exception>
    /// <exception cref="MissingLibraryException">A mask is to be made, and OpenCV can't be loaded.</exception>
    public static Photo Read(string image, IReadOnlyList<ObjectArgument> objects, IReadOnlyList<string> tokens, CancellationToken cancellationToken = default)
    {
        // Once: a pipe can't be read again.
        var bytes = ImageReader.ReadBytes(image);
        var picture = ImageReader.Read(bytes, image);
        var warnings = new List<string>(picture.Notes);
        List<byte[]> files = [];
        List<bool> plain = [];
        List<MaskImage> small = [];
        for (var i = 0; i < objects.Count; i++)
        {
            if (objects[i].Mask is { } path)
            {
                var file = ImageReader.ReadBytes(path, "mask");
                var (mask, isPlain) = MaskReader.Read(file, path, picture, objects[i].Reading ?? MaskReading.Usual);
                warnings.AddRange(mask.Warnings);

                // What is stored says the same to every silo, whatever its version.
                files.Add(isPlain ? file : PngWriter.Encode(MaskPicture.Create(mask)));
                plain.Add(isPlain);
                small.Add(Shrink(mask));
            }
            else
            {
                var mask = new GrabCutMasker().Make(picture, objects[i].Prompt ?? Whole(picture), cancellationToken);
                warnings.AddRange(mask.Warnings);
                warnings.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The mask made for {tokens[i]} covers {mask.Coverage:0.#%} of the picture; {(objects[i].Prompt is null ? Guessed : Shown)}"
                    )
                );
                files.Add(PngWriter.Encode(MaskPicture.Create(mask)));
                plain.Add(false);
                small.Add(Shrink(mask));
            }
        }

        warnings.AddRange(MaskOverlaps.Warnings(small, tokens));
        return new Photo(bytes, files, warnings) { ArePlain = plain };
    }

    private static MaskPrompt Whole(RgbImage picture)
    {
        var (x, y) = ((int)Math.Round(picture.Width * Inset), (int)Math.Round(picture.Height * Inset));
        return new MaskPrompt(new PixelRectangle(x, y, picture.Width - (2 * x), picture.Height - (2 * y)), []);
    }

    private static MaskImage Shrink(MaskImage mask)
    {
        var scale = Math.Min(1, (double)OverlapSide / Math.Max(mask.Width, mask.Height));
        return mask.Resize(Math.Max(1, (int)(mask.Width * scale)), Math.Max(1, (int)(mask.Height * scale)));
    }
}
