namespace OrleansOneShot.Compute.Imaging;

/// <summary>What a mask's picture says, before it is brought to the photo's size.</summary>
/// <param name="Values">0 to 1, row by row.</param>
/// <param name="Source">What the values were taken from.</param>
internal sealed record MaskValues(float[] Values, MaskSource Source)
{
    /// <summary>How the picture was understood where it is not a plain mask, each a sentence.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why this is probably not what was meant; null without doubt.</summary>
    public MaskDoubt? Doubt { get; init; }

    /// <summary>The number or colour that marks the object, for messages.</summary>
    public string ObjectValue { get; init; } = "255";

    /// <summary>Whether <see cref="Values"/> are the picture's own alpha or brightness.</summary>
    public bool IsPlain { get; init; } = true;
}

/// <summary>A doubt about a mask.</summary>
/// <param name="Message">What was seen.</param>
/// <param name="Hint">The option that mends it.</param>
internal sealed record MaskDoubt(string Message, string Hint);

/// <summary>What marks the object in a mask's picture.</summary>
internal enum MaskSource
{
    /// <summary>Opacity.</summary>
    Alpha,

    /// <summary>Brightness.</summary>
    Grey,

    /// <summary>A colour, or an index of a palette of colours.</summary>
    Colour,
}
