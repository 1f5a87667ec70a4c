using OrleansOneShot.Common;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// Finds out whose fault it is when something that was computed is no number: a model's weights that are none themselves (NaN or infinite) are named, file and
/// tensor.
/// </summary>
public static class BrokenWeights
{
    /// <summary>Looks through all weights of a model, which takes as long as reading them.</summary>
    /// <param name="folder">The model.</param>
    /// <returns>What to say; null if every value is finite.</returns>
    public static InvalidInputException? Find(ModelFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        foreach (var part in folder.Parts())
        {
            using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);
            var broken = source
                .Entries.Values.Where(IsFloating)
                .Where(entry => !source.IsFinite(entry.Name))
                .Select(entry => entry.Name)
                .Order(StringComparer.Ordinal)
                .ToList();
            if (broken.Count > 0)
            {
                return Error($"The model {folder.Name}", source.FileOf(broken[0]), broken);
            }
        }

        return null;
    }

    /// <summary>Looks through one file, such as a LoRA's or an embedding's.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What to say; null if every value is finite.</returns>
    /// <exception cref="InvalidInputException">It is no safetensors file.</exception>
    public static InvalidInputException? Find(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var broken = file
            .Header.Tensors.Values.Where(IsFloating)
            .Where(entry =>
            {
                using var scope = NewDisposeScope();
                return !file.Get(entry).to(ScalarType.Float32).IsAllFinite();
            })
            .Select(entry => entry.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        return broken.Count > 0 ? Error(path, file.Name, broken) : null;
    }

    private static bool IsFloating(TensorEntry entry) => TensorSchema.Floating.Contains(entry.ElementType);

    private static InvalidInputException Error(string what, string file, List<string> broken) =>
        new(
            $"{what} is broken: in {file}, {Wording.List(broken, most: 3)} {(broken.Count == 1 ? "holds" : "hold")} values that are no numbers (NaN or "
                + $"infinite).",
            file,
            "Download it again or take another version of it; oneshot models verify looks through all weights of a model."
        );
}
