namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>What a check of one part of a model found.</summary>
/// <param name="Part">unet, vae, text_encoder or clip.</param>
/// <param name="Files">Weight files, by name.</param>
/// <param name="Tensors">Number of tensors the model reads.</param>
/// <param name="Parameters">Number of weights in them.</param>
/// <param name="ElementTypes">Element types of the files, such as <c>Float16</c>.</param>
/// <param name="Problems">One sentence each; empty when the part is sound.</param>
public sealed record ModelPartReport(
    string Part,
    IReadOnlyList<string> Files,
    int Tensors,
    long Parameters,
    IReadOnlyList<string> ElementTypes,
    IReadOnlyList<string> Problems
);
