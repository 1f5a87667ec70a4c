using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Threads;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Threads;

/// <summary>The number of threads changes between steps, and must not change what comes out: a run that is resumed, moved or shared out ends with the same weights.</summary>
public sealed class ThreadBitsTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Gradients_AnyNumberOfThreads_AreTheSameBits(ScalarType type)
    {
        // A level of Stable Diffusion's width, at latents of 32 x 32.
        var config = new UNetConfig
        {
            BlockOutChannels = [320],
            DownBlockTypes = [UNetConfig.CrossAttentionDown],
            UpBlockTypes = [UNetConfig.CrossAttentionUp],
            LayersPerBlock = [1],
            CrossAttentionDim = 768,
        };
        using var unet = new UNet2DConditionModel(config);
        RandomWeights.Fill(unet, type, CPU, 1);
        using var generator = new Generator(2);
        using var network = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(), generator);
        foreach (var name in network.Parameters.Names)
        {
            using var scope = NewDisposeScope();
            network.Parameters.Assign(name, randn(network.Parameters[name].shape, generator: generator).mul_(tensor(0.1f)));
        }

        network.Attach(unet.AdaptableLayers);
        var before = get_num_threads();
        try
        {
            var alone = Gradients(1);
            Assert.Contains(alone, value => value != 0);
            Assert.Equal(alone, Gradients(2));
            Assert.Equal(alone, Gradients(3));
        }
        finally
        {
            OpenMp.SetThreads(before);
        }

        byte[] Gradients(int threads)
        {
            using var scope = NewDisposeScope();
            using var inputs = new Generator(3);
            OpenMp.SetThreads(threads);
            network.Parameters.ZeroGradients();
            var output = unet.call(randn([2, 4, 32, 32], generator: inputs), tensor((long[])[420, 77]), randn([2, 77, 768], generator: inputs));
            nn.functional.mse_loss(output.to(ScalarType.Float32), randn([2, 4, 32, 32], generator: inputs)).backward();
            return network.Parameters.Gradients.bytes.ToArray();
        }
    }
}
