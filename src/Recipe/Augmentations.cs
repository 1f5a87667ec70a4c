namespace OrleansOneShot.Recipe;

/// <summary>How the one photo is varied from step to step; any of them together.</summary>
[Flags]
public enum Augmentations
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Every other step sees its mirror image.</summary>
    Flip = 1,

    /// <summary>Steps see parts of the training crop, of 0.8 to 1 of its side, that hold the objects.</summary>
    Crop = 2,
}

/// <summary>What augmentations are called.</summary>
public static class AugmentationWords
{
    /// <summary>All that can be said, in words.</summary>
    public const string Choices = "none, flip, crop or flip,crop";

    /// <summary>Reads words.</summary>
    /// <param name="text"><c>none</c>, or <c>flip</c> and <c>crop</c> with a comma between them.</param>
    /// <returns>The augmentations; null where it is something else.</returns>
    public static Augmentations? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var all = Augmentations.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Enum.GetValues<Augmentations>().Where(one => Setting.WordOf(one) == word).ToList() is not [var named])
            {
                return null;
            }

            all |= named;
        }

        return all == Augmentations.None || !text.Contains(Setting.WordOf(Augmentations.None), StringComparison.Ordinal) ? all : null;
    }
}
