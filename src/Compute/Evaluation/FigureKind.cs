namespace OrleansOneShot.Compute.Evaluation;

/// <summary>A figure that a set of pictures is measured by.</summary>
/// <param name="Name">Its name in documents.</param>
/// <param name="IsHigherBetter">Whether more of it is better.</param>
/// <param name="MadeWith">clip, dino or pixels.</param>
/// <param name="NeedsMask">Whether it needs to know what of the reference is the object.</param>
/// <param name="Words">What it says, in a few words.</param>
public sealed record FigureKind(string Name, bool IsHigherBetter, string MadeWith, bool NeedsMask, string Words)
{
    /// <summary>Text alignment.</summary>
    public static FigureKind Ta { get; } = new("ta", true, "clip", false, "shows what its prompt says");

    /// <summary>Image alignment with the reference as a whole.</summary>
    public static FigureKind Ia { get; } = new("ia", true, "clip", false, "like the reference picture");

    /// <summary>Image alignment with the reference's object alone.</summary>
    public static FigureKind IaObject { get; } = new("ia_object", true, "clip", true, "like the object alone");

    /// <summary>As <see cref="Ia"/>, by a DINO.</summary>
    public static FigureKind Dino { get; } = new("dino", true, "dino", false, "like the reference picture, by DINO");

    /// <summary>As <see cref="IaObject"/>, by a DINO.</summary>
    public static FigureKind DinoObject { get; } = new("dino_object", true, "dino", true, "like the object alone, by DINO");

    /// <summary>Distance of the object's colours.</summary>
    public static FigureKind ColourDistance { get; } = new("colour_distance", false, "pixels", true, "lacks the object's colours, Delta E");

    /// <summary>Distance of the object's details.</summary>
    public static FigureKind PatchDistance { get; } = new("patch_distance", false, "pixels", true, "lacks the object's details, Delta E");

    /// <summary>Kernel distance of the set from the frozen model's pictures.</summary>
    public static FigureKind KidClip { get; } = new("kid_clip", false, "clip", false, "set is unlike the frozen model's");

    /// <summary>The figures of single pictures, in the order of reports; <see cref="KidClip"/> is a set's.</summary>
    public static IReadOnlyList<FigureKind> OfPictures { get; } = [Ta, Ia, IaObject, Dino, DinoObject, ColourDistance, PatchDistance];
}
