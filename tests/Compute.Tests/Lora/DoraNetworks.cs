using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>DoRAs, made up.</summary>
internal static class DoraNetworks
{
    /// <summary>All layers that can carry LoRA.</summary>
    public const LoraTargetModules All =
        LoraTargetModules.Attention
        | LoraTargetModules.FeedForward
        | LoraTargetModules.ProjectionIn
        | LoraTargetModules.ProjectionOut
        | LoraTargetModules.Convolutions
        | LoraTargetModules.TimeProjections;

    /// <summary>The UNet of the smallest model with all kinds of layers.</summary>
    public static UNet2DConditionModel UNet() => ModelFolder.Open(Repository.Model).LoadUNet(ScalarType.Float32, CPU);

    /// <summary>A DoRA that has learned nothing yet.</summary>
    public static LoraNetwork Create(IReadOnlyDictionary<string, AdaptableLayer> layers, int rank = 2, double alpha = 2)
    {
        using var generator = new Generator(4);
        return LoraNetwork.Create(layers, new LoraSettings(rank, alpha, All, Dora: true), generator);
    }

    /// <summary>A DoRA that has learned something: lengths and B.</summary>
    public static LoraNetwork Random(IReadOnlyDictionary<string, AdaptableLayer> layers, int rank, double alpha, double spread = 1, bool magnitudes = true)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        var network = Create(layers, rank, alpha);
        foreach (var adapter in network.Adapters)
        {
            network.Parameters.Assign(adapter.Module + ".lora_B.weight", randn(adapter.B.shape, generator: generator).Mul(spread));
            if (magnitudes)
            {
                var factor = rand(adapter.Magnitude!.shape, generator: generator).Add(0.5);
                network.Parameters.Assign(adapter.Module + ".lora_magnitude_vector", adapter.Magnitude.detach().mul(factor));
            }
        }

        return network;
    }
}
