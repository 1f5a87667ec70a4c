using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>A drawn sample.</summary>
/// <param name="Path">Its file, relative to the result.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Index">Number among the pictures of its prompt, from 0.</param>
/// <param name="Image">The picture.</param>
internal sealed record Sample(string Path, string Prompt, int Index, RgbImage Image);
