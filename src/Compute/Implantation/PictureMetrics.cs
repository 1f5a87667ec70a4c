namespace OrleansOneShot.Compute.Implantation;

/// <summary>Quality of one sample.</summary>
/// <param name="Path">Its file, relative to the result.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Ia">Image alignment with the training crop.</param>
/// <param name="Ta">Text alignment.</param>
/// <param name="Named">Tokens of the objects that the prompt names.</param>
/// <param name="IaObject">
/// Image alignment with the masked crop of every object, named or not, by token: an object that was not named and yet is there has leaked.
/// </param>
public sealed record PictureMetrics(
    string Path,
    string Prompt,
    double? Ia,
    double? Ta,
    IReadOnlyList<string> Named,
    IReadOnlyDictionary<string, double> IaObject
);
