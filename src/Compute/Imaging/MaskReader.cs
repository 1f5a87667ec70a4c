using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Reads masks: the alpha channel of a picture that uses one, else its brightness or its one colour. Soft values stay soft.</summary>
public static class MaskReader
{
    /// <summary>How far the aspect ratios of mask and photo may be apart.</summary>
    private const double AspectTolerance = 0.01;
    private const double LeastCoverage = 0.0001;
    private const double FullCoverage = 0.99;

    /// <summary>A mask that holds this share of the picture's border probably marks what is not the object.</summary>
    private const double InvertedBorder = 0.9;

    // A mask that leaves out less has nothing that could have been meant in its place.
    private const double LeastLeftOut = 0.001;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Width of the upright photo.</param>
    /// <param name="height">Height of the upright photo.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>The mask at the photo's size, with warnings.</returns>
    /// <exception cref="InvalidInputException">
    /// The file is no picture, doesn't fit the photo's shape, marks nothing, or probably something else than was meant.
    /// </exception>
    public static MaskImage Read(string path, int width, int height, string field = "mask") =>
        Read(ImageDecoder.ReadFile(path, field), path, width, height, field);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="width">Width of the upright photo.</param>
    /// <param name="height">Height of the upright photo.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <param name="reading">How it is to be read; null: as usual.</param>
    /// <returns>The mask at the photo's size, with warnings.</returns>
    /// <exception cref="InvalidInputException">
    /// The bytes are no picture, don't fit the photo's shape, mark nothing, or probably something else than was meant.
    /// </exception>
    public static MaskImage Read(byte[] bytes, string name, int width, int height, string field = "mask", MaskReading? reading = null) =>
        Read(bytes, name, width, height, null, reading ?? MaskReading.Usual, field).Mask;

    /// <summary>Reads the bytes of a file whose photo is at hand.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="photo">The upright photo.</param>
    /// <param name="reading">How it is to be read.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <returns>The mask at the photo's size, with warnings.</returns>
    /// <exception cref="InvalidInputException">
    /// The bytes are no picture, don't fit the photo's shape, mark nothing, or probably something else than was meant.
    /// </exception>
    public static ReadMask Read(byte[] bytes, string name, RgbImage photo, MaskReading reading, string field = "mask")
    {
        ArgumentNullException.ThrowIfNull(photo);
        ArgumentNullException.ThrowIfNull(reading);
        return Read(bytes, name, photo.Width, photo.Height, photo, reading, field);
    }

    private static ReadMask Read(byte[] bytes, string name, int width, int height, RgbImage? photo, MaskReading reading, string field)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var decoded = ImageDecoder.Decode(bytes, name, field, toSrgb: false);
        ThrowIfOtherShape(decoded, name, width, height, field);
        var read = new MaskInterpreter(decoded, bytes, name, field, photo, reading).Run();
        if (read.Doubt is { } doubt && !reading.Lenient)
        {
            throw new InvalidInputException(doubt.Message, field, doubt.Hint);
        }

        var values = reading.Invert ? Array.ConvertAll(read.Values, v => 1 - v) : read.Values;
        var mask = new MaskImage(decoded.Width, decoded.Height, values).Resize(width, height);
        var coverage = mask.Coverage;
        if (coverage < LeastCoverage)
        {
            throw read.Doubt is { } why
                ? new InvalidInputException(why.Message, field, why.Hint)
                : new InvalidInputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The {field} {name} marks no object: {coverage:0.####%} of it is {(reading.Invert ? "black" : "white")}."
                    ),
                    field,
                    "White (or opaque) marks the object, black (or transparent) the rest."
                );
        }

        List<string> warnings = [];
        if (mask.Width != decoded.Width || mask.Height != decoded.Height)
        {
            warnings.Add($"The {field} {name} was resized from {decoded.Width} x {decoded.Height} to the picture's {width} x {height}.");
        }

        warnings.AddRange(read.Notes);
        if (read.Doubt is { } taken)
        {
            warnings.Add(taken.Message);
        }
        else if (reading.Value is null && Inverted(mask, read, reading, $"The {field} {name}") is { } inverted)
        {
            warnings.Add(reading.Lenient ? inverted.Message : throw new InvalidInputException(inverted.Message, field, inverted.Hint));
        }

        if (coverage > FullCoverage)
        {
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The {field} {name} covers {coverage:0.#%} of the picture: the background can't be told from the object."
                )
            );
        }

        return new ReadMask(new MaskImage(width, height, mask.Values, warnings), read.IsPlain && !reading.Invert);
    }

    // Objects are cut by one side of a photo or two, rarely by all four.
    private static MaskDoubt? Inverted(MaskImage mask, MaskValues read, MaskReading reading, string what)
    {
        var (border, held) = (0, 0);
        for (var y = 0; y < mask.Height; y++)
        {
            var step = y == 0 || y == mask.Height - 1 ? 1 : Math.Max(1, mask.Width - 1);
            for (var x = 0; x < mask.Width; x += step)
            {
                border++;
                held += mask.Values[(y * mask.Width) + x] >= MaskImage.Covered ? 1 : 0;
            }
        }

        if (held < InvertedBorder * border || 1 - mask.Coverage < LeastLeftOut)
        {
            return null;
        }

        var holds = string.Create(
            CultureInfo.InvariantCulture,
            $"it holds {(double)held / border:0%} of the picture's border and {mask.Coverage:0.#%} of the picture"
        );
        var sure = $"if this is really the object, {reading.ValueOption}{read.ObjectValue} says so.";
        return (read.Source, reading.Invert) switch
        {
            (_, true) => new MaskDoubt($"{what}, inverted, marks what is around the object: {holds}.", $"Leave {reading.InvertOption} out; {sure}"),
            (MaskSource.Alpha, _) => new MaskDoubt(
                $"{what} looks like a photo whose object was erased: {holds}.",
                $"If the object is what is transparent, add {reading.InvertOption}; {sure}"
            ),
            _ => new MaskDoubt($"{what} looks inverted: {holds}.", $"If black marks the object, add {reading.InvertOption}; {sure}"),
        };
    }

    private static void ThrowIfOtherShape(DecodedImage mask, string name, int width, int height, string field)
    {
        var apart = Aspect(mask.Width, mask.Height) / Aspect(width, height);
        if (Math.Abs(apart - 1) <= AspectTolerance)
        {
            return;
        }

        var swapped = Math.Abs((Aspect(mask.Height, mask.Width) / Aspect(width, height)) - 1) <= AspectTolerance;
        throw new InvalidInputException(
            $"The {field} {name} is {mask.Width} x {mask.Height}, the picture {width} x {height}: they are not of one shape.",
            field,
            swapped ? "The photo was turned upright by its EXIF data; turn the mask as well." : "Make the mask from this very picture."
        );
    }

    private static double Aspect(int width, int height) => (double)width / height;
}
