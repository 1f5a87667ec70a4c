using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>How a mask's file is to be read, where the file itself does not tell (docs/adr/0018-masks-that-are-told.md).</summary>
public sealed record MaskReading
{
    /// <summary>White, or opaque, marks the object; a reading that is probably wrong is refused.</summary>
    public static MaskReading Usual { get; } = new();

    /// <summary>Whether the object is what the mask leaves out.</summary>
    public bool Invert { get; init; }

    /// <summary>The one value that marks the object; null takes what is white or opaque.</summary>
    public MaskValue? Value { get; init; }

    /// <summary>Whether a reading that is probably wrong is taken with a warning. So read jobs what was accepted when they were submitted.</summary>
    public bool Lenient { get; init; }

    /// <summary>How the user spells <see cref="Invert"/>, for messages.</summary>
    public string InvertOption { get; init; } = "--mask-invert";

    /// <summary>How the user spells <see cref="Value"/>, up to the value itself.</summary>
    public string ValueOption { get; init; } = "--mask-value ";
}

/// <summary>A value of a mask: a number (a palette's index, else the grey or alpha value), or a colour.</summary>
/// <param name="Number">0 to 65535; null for a colour.</param>
/// <param name="Colour">0xRRGGBB; null for a number.</param>
public readonly record struct MaskValue(int? Number, int? Colour)
{
    /// <summary>Largest number: that of 16 bits.</summary>
    public const int Largest = 65535;

    private const int ColourDigits = 6;

    /// <summary>Reads a value.</summary>
    /// <param name="text">Six hexadecimal digits are a colour, <c>#</c> before them or not; fewer decimal digits a number.</param>
    /// <returns>The value; null when it is none.</returns>
    public static MaskValue? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var digits = text.StartsWith('#') ? text[1..] : text;
        if (digits.Length == ColourDigits)
        {
            return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var colour) ? new MaskValue(null, colour) : null;
        }

        return !text.StartsWith('#') && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Largest
            ? new MaskValue(number, null)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Colour is { } colour ? colour.ToString("X6", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{Number}");
}

/// <summary>A mask that was read.</summary>
/// <param name="Mask">The mask at the photo's size, with warnings.</param>
/// <param name="IsPlain">
/// Whether the file says the same to whoever takes its alpha or brightness as it is; otherwise the mask is to be stored in place of the file.
/// </param>
public sealed record ReadMask(MaskImage Mask, bool IsPlain);
