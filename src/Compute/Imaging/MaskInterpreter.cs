using System.Globalization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Understands the pictures that people give as masks (docs/adr/0018-masks-that-are-told.md): alpha that says something, else brightness, else one colour on
/// black, at whatever range; and notices those that say something else than was meant.
/// </summary>
internal sealed class MaskInterpreter
{
    /// <summary>Alpha or brightness within this range says nothing; opaque but for noise is opaque.</summary>
    private const int LeastRange = 32;

    /// <summary>How far from black and white a mask's ends may be without a word.</summary>
    private const int Slack = 5;

    /// <summary>Red, green and blue this far apart are a colour.</summary>
    private const int LeastChroma = 24;
    private const double LeastColoured = 0.0005;

    /// <summary>Stored with losses, values of one area scatter this far.</summary>
    private const int LossyTolerance = 6;

    /// <summary>More areas than a label map has; so many are the steps of a gradient.</summary>
    private const int MostLabels = 64;

    /// <summary>More colours than a mask with soft edges has.</summary>
    private const int MostColours = 4096;

    /// <summary>Steps of a channel by which colours that were stored with losses are told apart.</summary>
    private const int LossySteps = 4;
    private const int Dark = 32;

    private readonly DecodedImage _image;
    private readonly byte[] _file;
    private readonly string _what;
    private readonly string _name;
    private readonly string _field;
    private readonly RgbImage? _photo;
    private readonly MaskReading _reading;
    private readonly bool _isLossy;

    /// <summary>Takes a picture.</summary>
    /// <param name="image">The decoded picture.</param>
    /// <param name="file">The bytes that it was decoded from.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <param name="photo">The photo whose object it marks; null if it is not at hand.</param>
    /// <param name="reading">How it is to be read.</param>
    public MaskInterpreter(DecodedImage image, byte[] file, string name, string field, RgbImage? photo, MaskReading reading)
    {
        (_image, _file, _name, _field, _photo, _reading) = (image, file, name, field, photo, reading);
        _what = $"The {field} {name}";
        _isLossy = ImageHeader.FormatOf(file) is ImageFormat.Jpeg || (ImageHeader.FormatOf(file) is ImageFormat.WebP && !IsLosslessWebP(file));
    }

    /// <summary>Understands it.</summary>
    /// <exception cref="InvalidInputException">It has no pixel of the value that was asked for.</exception>
    public MaskValues Run()
    {
        if (_reading.Value is { } value)
        {
            return OfValue(value);
        }

        var alpha = SpeakingAlpha();
        var read =
            alpha is not null ? Stretched(alpha, 255, LevelAreas.RangeOf(alpha), MaskSource.Alpha)
            : IsColoured() ? FromColours()
            : FromGrey();

        // Who takes any transparency for the mask, as earlier versions did, would read another one: such a file is not plain.
        return alpha is null && _image.HasAlpha && _image.Rgba.Any(p => p >> 24 != 255)
            ? read with
            {
                IsPlain = false,
                Notes = [$"{_what} is of one opacity all over, but for noise: its brightness says where the object is.", .. read.Notes],
            }
            : read;
    }

    private MaskValues OfValue(MaskValue value)
    {
        if (value.Colour is { } colour)
        {
            var steps = _isLossy ? LossySteps : 255;
            var wanted = Quantised((uint)(((colour & 0xFF) << 16) | (colour & 0xFF00) | (colour >> 16)), steps);
            return Chosen(
                Array.ConvertAll(_image.Rgba, p => Quantised(p, steps) == wanted),
                value,
                ColourIds(out var colours) is { } ids ? Text(LevelAreas.Of(ids, _image.Width, _image.Height, 0), id => Hex(colours[id])) : "many colours"
            );
        }

        var number = value.Number!.Value;
        var indices = PngLevels.HasPalette(_file) ? PngLevels.Indices(_file, _name, _field) : null;
        if (indices is not null && !indices.Contains((ushort)number) && !IsColoured())
        {
            indices = null; // A palette of greys may have them in any order; people see the greys.
        }

        var alpha = indices is null ? SpeakingAlpha() : null;
        var levels = indices ?? alpha ?? Greys(out _);
        var tolerance = _isLossy && alpha is null ? LossyTolerance : 0;
        return Chosen(
            Array.ConvertAll(levels, level => Math.Abs(level - number) <= tolerance),
            value,
            Text(LevelAreas.Of(levels, _image.Width, _image.Height, tolerance), Number)
        );
    }

    private MaskValues Chosen(bool[] pixels, MaskValue value, string there) =>
        Array.Exists(pixels, p => p)
            ? new MaskValues(Array.ConvertAll(pixels, p => p ? 1f : 0f), MaskSource.Grey) { IsPlain = false }
            : throw new InvalidInputException(
                $"{_what} has no pixel of the value {value}: its values are {there}.",
                _field,
                $"Give one of them with {_reading.ValueOption.TrimEnd(' ', '=')}."
            );

    private MaskValues FromGrey()
    {
        var levels = Greys(out var largest);
        var areas = LevelAreas.Of(levels, _image.Width, _image.Height, _isLossy ? LossyTolerance : 0);
        var (low, high) = areas.Range;
        if (high - low < LeastRange * largest / 255 && !(!_isLossy && high > low && areas.InnerShare >= 0.8))
        {
            return new MaskValues(Array.ConvertAll(levels, level => level / (float)largest), MaskSource.Grey); // One grey all over.
        }

        var read = Stretched(levels, largest, (low, high), MaskSource.Grey);
        var between = areas.Areas().Where(area => area.Level > low + (_isLossy ? LeastRange : 0) && area.Level < high - (_isLossy ? LeastRange : 0)).ToList();
        var ends = (high - low) / 4;
        var clear = levels.Count(level => level <= low + ends || level >= high - ends) / (double)levels.Length;
        if (IsThePhoto(clear))
        {
            return read with { Doubt = Photo() };
        }

        if (between.Count is > 0 and <= MostLabels)
        {
            return read with { Doubt = Labels(Text(areas, Number), "N") };
        }

        return clear < 0.6
            ? read with
            {
                Notes =
                [
                    .. read.Notes,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Only {clear:0%} of {Lower(_what)} is nearly black or white; what lies between counts as object in part."
                    ),
                ],
            }
            : read;
    }

    private MaskValues FromColours()
    {
        var palette = PngLevels.HasPalette(_file);
        List<uint> colours = [];
        var ids = palette ? PngLevels.Indices(_file, _name, _field) : ColourIds(out colours);
        var areas = ids is null ? null : LevelAreas.Of(ids, _image.Width, _image.Height, 0);
        var labels = areas?.Areas() ?? [];
        if (ids is null || labels.Sum(label => label.Share) < 0.6)
        {
            return new MaskValues(Brightness(), MaskSource.Colour)
            {
                Doubt = IsThePhoto(0)
                    ? Photo()
                    : new MaskDoubt(
                        $"{_what} is a picture of many colours, not a mask.",
                        "A mask is white (or opaque) where the object is and black (or transparent) elsewhere."
                    ),
                IsPlain = false,
            };
        }

        // A palette's index has one colour: that of any of its pixels.
        var colourOf = labels.ToDictionary(
            label => label.Level,
            label => palette ? _image.Rgba[Array.IndexOf(ids, (ushort)label.Level)] : colours[label.Level]
        );
        var bright = labels.Where(label => Brightest(colourOf[label.Level]) > Dark).ToList();
        if (IsSamePicture())
        {
            return new MaskValues(Brightness(), MaskSource.Colour) { Doubt = Photo(), IsPlain = false };
        }

        if (bright.Count > 1 || labels.Count == bright.Count || labels.Count > 2)
        {
            return new MaskValues(Brightness(), MaskSource.Colour)
            {
                Doubt = Labels(Text(areas!, level => palette ? Number(level) : Hex(colours[level])), palette ? "N" : "RRGGBB"),
                IsPlain = false,
            };
        }

        var colour = bright.Count == 1 ? colourOf[bright[0].Level] : _image.Rgba.MaxBy(Brightest);
        var shown = palette && bright.Count == 1 ? Number(bright[0].Level) : Hex(colour);
        return new MaskValues(Array.ConvertAll(_image.Rgba, p => Math.Min(1f, Brightest(p) / (float)Brightest(colour))), MaskSource.Colour)
        {
            Notes = [$"{_what} is of one colour on black: {(palette ? $"index {shown}" : shown)} was taken as the object."],
            ObjectValue = shown,
            IsPlain = false,
        };
    }

    // From the darkest value to the brightest is from nothing to all, whatever they are.
    private MaskValues Stretched(ushort[] levels, int largest, (int Low, int High) range, MaskSource source)
    {
        var (low, high) = range;
        var slack = Slack * largest / 255;
        if (low <= slack && high >= largest - slack)
        {
            return new MaskValues(Array.ConvertAll(levels, level => level / (float)largest), source) { ObjectValue = Number(high) };
        }

        var (ends, kind) = (
            source == MaskSource.Alpha ? "transparent and opaque" : "black and white",
            source == MaskSource.Alpha ? "most opaque" : "brightest"
        );
        return new MaskValues(Array.ConvertAll(levels, level => Math.Clamp((level - low) / (float)(high - low), 0, 1)), source)
        {
            Notes =
            [
                low <= slack
                    ? $"The {kind} value of {Lower(_what)} is {high} of {largest}; it was taken as {(source == MaskSource.Alpha ? "opaque" : "white")}."
                    : $"{_what} reaches from {low} to {high} of {largest}; these were taken as {ends}.",
            ],
            ObjectValue = Number(high),
            IsPlain = false,
        };
    }

    private MaskDoubt Labels(string values, string form) =>
        new($"{_what} holds areas of several values, as label maps do: {values}.", $"Say which one is the object with {_reading.ValueOption}{form}.");

    private MaskDoubt Photo() =>
        new($"{_what} is the photo itself, or nearly so.", "Give a picture that is white where the object is and black elsewhere; oneshot mask makes one.");

    private bool IsThePhoto(double clear) => IsSamePicture() || (clear < 0.8 && _photo is not null && PictureLikeness.Correlation(_image, _photo) > 0.95);

    private bool IsSamePicture() => _photo is not null && PictureLikeness.IsSame(_image, _photo);

    private bool IsColoured() => _image.Rgba.Count(p => Brightest(p) - Darkest(p) > LeastChroma) >= Math.Max(1, LeastColoured * _image.Rgba.Length);

    private float[] Brightness() => Array.ConvertAll(_image.Rgba, p => Luma(p) / 255f);

    private ushort[] Greys(out int largest)
    {
        var isDeep = PngLevels.IsDeepGrey(_file);
        largest = isDeep ? ushort.MaxValue : 255;
        return isDeep ? PngLevels.DeepGreys(_file, _name, _field) : Array.ConvertAll(_image.Rgba, p => (ushort)Luma(p));
    }

    // Null: there is no opacity, or it is the same all over but for noise.
    private ushort[]? SpeakingAlpha()
    {
        if (!_image.HasAlpha)
        {
            return null;
        }

        var alpha = Array.ConvertAll(_image.Rgba, p => (ushort)(p >> 24));
        var (low, high) = LevelAreas.RangeOf(alpha);
        return high - low >= LeastRange ? alpha : null;
    }

    // A number for each colour that there is; null when there are too many for a mask.
    private ushort[]? ColourIds(out List<uint> colours)
    {
        colours = [];
        var known = new Dictionary<uint, ushort>();
        var ids = new ushort[_image.Rgba.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            var colour = Quantised(_image.Rgba[i], _isLossy ? LossySteps : 255);
            if (!known.TryGetValue(colour, out ids[i]))
            {
                if (colours.Count == MostColours)
                {
                    return null;
                }

                known[colour] = ids[i] = (ushort)colours.Count;
                colours.Add(colour);
            }
        }

        return ids;
    }

    private static uint Quantised(uint pixel, int steps)
    {
        uint Step(uint value) => (uint)(((value * steps) + 127) / 255 * 255 / steps);
        return steps == 255 ? pixel & 0xFFFFFF : Step(pixel & 255) | (Step((pixel >> 8) & 255) << 8) | (Step((pixel >> 16) & 255) << 16);
    }

    private static string Text(LevelAreas areas, Func<int, string> name) =>
        Wording.List(
            areas
                .Values()
                .OrderByDescending(value => value.Share)
                .Select(value => string.Create(CultureInfo.InvariantCulture, $"{name(value.Level)} ({value.Share * 100:0.#} %)"))
        );

    private static string Number(int level) => level.ToString(CultureInfo.InvariantCulture);

    private static string Hex(uint pixel) => new MaskValue(null, (int)(((pixel & 255) << 16) | (pixel & 0xFF00) | ((pixel >> 16) & 255))).ToString();

    // Brightness by ITU-R 601, the weights in 16 bits as in Pillow's conversion to "L"; a grey picture keeps its values.
    private static uint Luma(uint p) => (((p & 255) * 19595) + (((p >> 8) & 255) * 38470) + (((p >> 16) & 255) * 7471) + 0x8000) >> 16;

    private static int Brightest(uint p) => (int)Math.Max(Math.Max(p & 255, (p >> 8) & 255), (p >> 16) & 255);

    private static int Darkest(uint p) => (int)Math.Min(Math.Min(p & 255, (p >> 8) & 255), (p >> 16) & 255);

    private static string Lower(string what) => string.Concat("t", what.AsSpan(1));

    private static bool IsLosslessWebP(ReadOnlySpan<byte> file) => file.IndexOf("VP8L"u8) is >= 0 and < 64;
}
