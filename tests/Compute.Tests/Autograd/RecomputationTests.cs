using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Autograd;

public sealed class RecomputationTests
{
    [Fact]
    public void Backward_Recomputed_GivesTheSameGradients()
    {
        using var scope = NewDisposeScope();

        // In float64: sums of gradients are added up in another order.
        using var unet = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.Float64, CPU);
        using var network = LoraFile.ReadNetwork(Golden.PathOf("lora", "r8-kohya", "pytorch_lora_weights.safetensors"), unet.AdaptableLayers);
        network.Attach(unet.AdaptableLayers);
        using var generator = new Generator(1);
        var states = randn([1, 77, 32], generator: generator).requires_grad_();
        var latents = randn([1, 4, 16, 16], generator: generator);
        (Tensor Lora, Tensor States) Gradients()
        {
            network.Parameters.ZeroGradients();
            states.grad = null;
            unet.call(latents, tensor(420L), states).Square().mean().backward();
            return (network.Parameters.Gradients.clone(), states.grad!);
        }

        var (lora, text) = Gradients();
        unet.RecomputesActivations = true;
        Assert.True(unet.RecomputesActivations);
        var (loraAgain, textAgain) = Gradients();

        // LoRA's gradients are kept in float32, the text states' are of the states' type.
        Golden.AssertClose(loraAgain, lora, 1e-6, "LoRA");
        Golden.AssertClose(textAgain, text, 1e-6, "text states");
    }

    [Fact]
    public void Forward_WithoutGradients_IsThePlainBlock()
    {
        using var scope = NewDisposeScope();
        using var unet = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.Float32, CPU);
        using var guard = no_grad();
        var (latents, states) = (ones(1, 4, 8, 8), ones(1, 77, 32));
        var plain = unet.call(latents, tensor(420L), states);
        unet.RecomputesActivations = true;
        Assert.Equal(0, Golden.Deviation(unet.call(latents, tensor(420L), states), plain));
    }

    [Fact]
    public void Step_ManyTimes_LeavesNoTensorBehind()
    {
        using var unet = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.Float32, CPU);
        using var network = LoraFile.ReadNetwork(Golden.PathOf("lora", "r4-kohya", "pytorch_lora_weights.safetensors"), unet.AdaptableLayers);
        network.Attach(unet.AdaptableLayers);
        long LiveAfterStep(bool recomputes)
        {
            unet.RecomputesActivations = recomputes;
            using (var scope = NewDisposeScope())
            {
                unet.call(ones(1, 4, 8, 8), tensor(420L), ones(1, 77, 32)).Square().mean().backward();
                using var guard = no_grad();
                unet.call(ones(1, 4, 8, 8), tensor(420L), ones(1, 77, 32));
            }

            return TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }

        var before = LiveAfterStep(false);
        Assert.Equal(before, LiveAfterStep(false));
        var recomputed = LiveAfterStep(true);
        Assert.Equal(recomputed, LiveAfterStep(true));
    }
}
