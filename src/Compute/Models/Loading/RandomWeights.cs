using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Weights without meaning, for measurements at the size of a model that is not at hand.</summary>
public static class RandomWeights
{
    /// <summary>Fills a model on the meta device: matrices keep the spread of what goes through them, norms start as the identity.</summary>
    /// <param name="module">The model.</param>
    /// <param name="type">Element type.</param>
    /// <param name="device">Device.</param>
    /// <param name="seed">Seed of the generator.</param>
    public static void Fill(Module module, ScalarType type, Device device, long seed)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var slot in ModuleWeights.SlotsOf(module).ToList())
        {
            using var once = NewDisposeScope();
            var isNormWeight = slot is { Shape.Length: 1, Name: "weight" };
            var spread = slot.Shape.Length > 1 ? 1 / Math.Sqrt(slot.Shape.Skip(1).Aggregate(1L, (a, b) => a * b)) : 0.02;

            // A GPU draws its own: at this size that is seconds less, and there is no generator to hand it.
            var drawn =
                isNormWeight ? ones(slot.Shape)
                : device.type == TorchSharp.DeviceType.CPU ? randn(slot.Shape, generator: generator)
                : randn(slot.Shape, device: device);
            var value = isNormWeight ? drawn : drawn.MulInPlace(spread);
            ModuleWeights.Assign(slot, value.to(type, device));
        }

        module.eval();
    }
}
