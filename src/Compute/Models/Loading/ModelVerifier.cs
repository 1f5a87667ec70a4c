using OrleansOneShot.Common;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Checks one part of a model without loading it: keys and shapes from the headers, then the values tensor by tensor from the mapping.</summary>
internal static class ModelVerifier
{
    /// <summary>Checks a part.</summary>
    public static ModelPartReport Check(ModelPart part)
    {
        try
        {
            using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);
            using var scope = NewDisposeScope();
            using var module = part.Create(source);
            var match = WeightMatch.Of(module, source, part.Rules);
            string[] files = [.. source.Paths.Select(p => Path.GetFileName(p))];
            string[] types = [.. match.Pairs.Select(p => source.Entries[p.FileKey].ElementType.ToString()).Distinct().Order(StringComparer.Ordinal)];
            var parameters = match.Pairs.Sum(p => p.Slot.Shape.Aggregate(1L, (a, b) => a * b));
            string[] broken = [.. match.Pairs.Where(p => !source.IsFinite(p.FileKey)).Select(p => p.FileKey)];
            string[] problems =
            [
                .. match.Problems.Select(p => $"{source.Shown}: {p}."),
                .. broken.Length == 0
                    ? (string[])[]
                    :
                    [
                        $"{source.Shown}: {broken.Length} {(broken.Length == 1 ? "tensor holds" : "tensors hold")} values that are not finite "
                            + $"({Wording.List(broken)}).",
                    ],
            ];
            return new ModelPartReport(part.Name, files, match.Pairs.Count, parameters, types, problems);
        }
        catch (InvalidInputException e)
        {
            return new ModelPartReport(part.Name, [], 0, 0, [], [e.Message]);
        }
    }
}

/// <summary>What a check of a model folder found.</summary>
/// <param name="Folder">Full path of the folder.</param>
/// <param name="Hash">The model's hash as manifests record it, or null when a part has no readable weights.</param>
/// <param name="Parts">One entry a part, in the order unet, vae, text_encoder, clip.</param>
public sealed record ModelReport(string Folder, string? Hash, IReadOnlyList<ModelPartReport> Parts)
{
    /// <summary>Whether no part has a problem.</summary>
    public bool IsSound => Parts.All(p => p.Problems.Count == 0);
}

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
