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
