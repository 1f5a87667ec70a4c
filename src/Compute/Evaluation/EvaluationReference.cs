using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>What pictures are compared with: a photo of the object, and its mask where there is one.</summary>
/// <param name="Image">The photo, or the square of it that training saw.</param>
/// <param name="Mask">Its object, of the same size; null compares with the whole picture alone.</param>
public sealed record EvaluationReference(RgbImage Image, MaskImage? Mask)
{
    /// <summary>The reference that <c>implant</c> measures by: the training crop and the object's mask in it.</summary>
    /// <param name="photo">The upright photo.</param>
    /// <param name="mask">The object's mask, of the photo's size; null takes the photo whole.</param>
    /// <param name="resolution">Side of the crop in pixels, the pictures' own.</param>
    /// <exception cref="ArgumentException">The mask marks nothing or is not of the photo's size.</exception>
    public static EvaluationReference Of(RgbImage photo, MaskImage? mask, int resolution)
    {
        if (mask is null)
        {
            return new EvaluationReference(photo, null);
        }

        var crop = TrainingCrop.Create(photo, [mask], resolution);
        return new EvaluationReference(crop.Image, crop.Masks[0]);
    }
}
