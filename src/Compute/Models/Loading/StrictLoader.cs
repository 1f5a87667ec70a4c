using OrleansOneShot.Common;
using OrleansOneShot.Compute.Safetensors;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Puts the weights of files into a model, all of them or none.</summary>
internal static class StrictLoader
{
    // A clause of a message names some keys.
    private const int LongestProblem = 600;

    /// <summary>
    /// Loads a model, which then owns its weights: frozen, of one element type, on one device. Where the file has that type already, the weights stay
    /// views of its mapping.
    /// </summary>
    /// <param name="module">A model on the meta device.</param>
    /// <param name="source">Its files.</param>
    /// <param name="rules">How the files' keys are read.</param>
    /// <param name="type">Element type to compute in.</param>
    /// <param name="device">Device to compute on.</param>
    /// <param name="converted">Gives the weights in that type where the files have another, by what fits; null converts in memory.</param>
    /// <exception cref="InvalidInputException">Keys are missing, unexpected or of the wrong shape; the message lists all of them.</exception>
    public static void Load(
        Module module,
        WeightSource source,
        KeyRules rules,
        ScalarType type,
        Device device,
        Func<WeightMatch, SafetensorsFile?>? converted = null
    )
    {
        var match = WeightMatch.Of(module, source, rules);
        if (match.Problems.Count > 0)
        {
            throw new InvalidInputException(
                $"{source.Shown} does not fit its config.json: {Wording.List(match.Problems, "; ", longest: LongestProblem)}.",
                source.Shown,
                "Take weights and configuration from the same model."
            );
        }

        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var mapped = device.type == DeviceType.CPU ? converted?.Invoke(match) : null;
        foreach (var (slot, key) in match.Pairs)
        {
            var stored = mapped is null ? source.Get(key).view(slot.Shape) : mapped.Get(slot.Key);
            ModuleWeights.Assign(slot, stored.to(type, device));
        }

        module.eval();
    }
}
