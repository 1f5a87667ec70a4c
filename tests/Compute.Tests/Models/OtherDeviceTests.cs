using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models;

/// <summary>
/// LoRA and method on the meta device, which has shapes and no values. It stands in for a GPU: libtorch refuses to mix it with the processor, so a tensor that
/// is made on the processor within a computation of another device is found without one.
/// </summary>
public sealed class OtherDeviceTests
{
    private static readonly Device s_other = META;

    // (Convolutions of the meta device are Python's alone.)
    [Fact]
    public void Lora_ForwardBackwardAndStep_StayOnItsDevice()
    {
        using var scope = NewDisposeScope();
        using var unet = TinyModel.Open().LoadUNet(ScalarType.Float32, s_other);
        using var generator = new Generator(1);
        using var network = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(), generator, s_other);
        using var optimiser = new FlatAdamW([network.Parameters], 1e-4);
        network.Attach(unet.AdaptableLayers);
        foreach (var layer in network.Adapters.Select(adapter => unet.AdaptableLayers[adapter.Module]))
        {
            layer.call(Zeros(1, 7, layer.InFeatures)).mean().backward();
        }

        optimiser.Step();
        optimiser.ZeroGradients();
        Assert.Equal(TorchSharp.DeviceType.META, network.Parameters.Gradients.device_type);
        network.Detach();
        network.MergeInto(unet.AdaptableLayers).Dispose();
    }

    [Fact]
    public void Objective_OneDenoisingTerm_StaysOnItsDevice()
    {
        using var scope = NewDisposeScope();
        var vectors = new TorchSharp.Modules.Parameter(Zeros(4, 32));
        var prompts = new ObjectivePrompts(Zeros(1, 77), [Zeros(1, 77)], [Zeros(1, 77)], [Zeros(1, 24)]);
        var objective = new Objective(
            (sample, timesteps, states) => sample * states.mean() * timesteps.to(ScalarType.Float32).mean(),
            (_, rows) => rows!.mean().expand(1, 77, 32),
            (_, rows) => rows!.mean().expand(1, 24),
            Zeros(1, 1, 8, 8),
            prompts,
            new ObjectiveOptions()
        );
        var value = objective.Evaluate(new StepDraw(Zeros(1, 4, 8, 8), Zeros(1, 4, 8, 8), 3, 0.5f, [0], 0), vectors);
        value.Total.backward();
        Assert.Equal(TorchSharp.DeviceType.META, value.Total.device_type);
    }

    private static Tensor Zeros(params long[] shape) => zeros(shape, device: s_other);
}
