using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks;

/// <summary>Finds the object that a box or points show.</summary>
public interface IMasker
{
    /// <summary>The method's name, as the command line spells it.</summary>
    string Method { get; }

    /// <summary>Makes a mask.</summary>
    /// <param name="image">The upright photo.</param>
    /// <param name="prompt">Where the object is.</param>
    /// <param name="cancellationToken">Stops between the steps.</param>
    /// <returns>A soft mask of the photo's size, with warnings. The same photo and prompt give the same mask.</returns>
    /// <exception cref="InvalidInputException">The prompt doesn't fit the photo, or no object was found.</exception>
    MaskImage Make(RgbImage image, MaskPrompt prompt, CancellationToken cancellationToken = default);
}
