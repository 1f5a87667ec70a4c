using OrleansOneShot.Common;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>A model's parameters beside the tensors of its files. Decided from the headers alone, before any weight is touched.</summary>
internal sealed class WeightMatch
{
    private readonly List<(ParameterSlot Slot, string FileKey)> _pairs = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _unexpected = [];
    private readonly List<string> _misfits = [];

    private WeightMatch() { }

    /// <summary>The parameters that fit, with the key of the file that holds each.</summary>
    public IReadOnlyList<(ParameterSlot Slot, string FileKey)> Pairs => _pairs;

    /// <summary>
    /// Keys of the model that the files lack, keys of the files that the model lacks, and those of the wrong shape or type, each as one clause; empty
    /// when all fit.
    /// </summary>
    public IReadOnlyList<string> Problems =>
        [.. Clause(_missing, "missing"), .. Clause(_unexpected, "unexpected"), .. Clause(_misfits, "of the wrong shape or type")];

    /// <summary>Compares.</summary>
    public static WeightMatch Of(Module module, WeightSource source, KeyRules rules)
    {
        var match = new WeightMatch();
        var byKey = new Dictionary<string, TensorEntry>();
        foreach (var (fileKey, entry) in source.Entries)
        {
            if (rules.Rename(fileKey) is { } key && !byKey.TryAdd(key, entry))
            {
                match._unexpected.Add($"{fileKey} (a second {key})");
            }
        }

        foreach (var slot in ModuleWeights.SlotsOf(module))
        {
            if (!byKey.Remove(slot.Key, out var entry))
            {
                match._missing.Add($"{slot.Key} {slot.ShapeText}");
            }
            else if (entry.ElementType is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            {
                match._misfits.Add($"{slot.Key} is {entry.ElementType}, not a floating-point type");
            }
            else if (!Fits(slot.Shape, entry.Shape, rules))
            {
                match._misfits.Add($"{slot.Key} is {entry.ShapeText}, not {slot.ShapeText}");
            }
            else
            {
                match._pairs.Add((slot, entry.Name));
            }
        }

        match._unexpected.AddRange(byKey.Values.Select(e => e.Name));
        return match;
    }

    private static bool Fits(long[] wanted, long[] found, KeyRules rules) =>
        wanted.AsSpan().SequenceEqual(found) || (rules.AllowsConvolutionForm && wanted.Length == 2 && found.AsSpan().SequenceEqual([.. wanted, 1, 1]));

    private static IEnumerable<string> Clause(List<string> keys, string what) =>
        keys.Count == 0 ? [] : [$"{keys.Count} {(keys.Count == 1 ? "key is" : "keys are")} {what} ({Wording.List(keys)})"];
}
