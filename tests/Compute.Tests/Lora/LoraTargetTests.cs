using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>LoRA on feed-forward networks, projections and convolutions: what carries it, that it trains, and that its files say the same.</summary>
public sealed class LoraTargetTests : IDisposable
{
    private const LoraTargetModules All =
        LoraTargetModules.Attention
        | LoraTargetModules.FeedForward
        | LoraTargetModules.ProjectionIn
        | LoraTargetModules.ProjectionOut
        | LoraTargetModules.Convolutions
        | LoraTargetModules.TimeProjections;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-lora-");
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly UNet2DConditionModel _unet = ModelFolder.Open(Repository.Model).LoadUNet(ScalarType.Float32, CPU);

    public void Dispose()
    {
        _unet.Dispose();
        _scope.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(LoraTargetModules.Attention, 128)]
    [InlineData(LoraTargetModules.Cross, 64)]
    [InlineData(LoraTargetModules.FeedForward, 32)]
    [InlineData(LoraTargetModules.ProjectionIn, 16)]
    [InlineData(LoraTargetModules.ProjectionOut, 16)]
    [InlineData(LoraTargetModules.Convolutions, 22 + 22 + 14 + 6)]
    [InlineData(LoraTargetModules.TimeProjections, 22)]
    public void Includes_OfStableDiffusion15_AreTheLayersOfItsKind(LoraTargetModules targets, int expected)
    {
        using var unet = new UNet2DConditionModel(UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json")));
        Assert.Equal(expected, unet.AdaptableLayers.Keys.Count(name => targets.Includes(name)));
    }

    [Fact]
    public void Create_MoreTargets_KeepsTheAttentionLayersOrderAmongThem()
    {
        using var generator = new Generator(0);
        using var network = LoraNetwork.Create(_unet.AdaptableLayers, new LoraSettings(2, 2, All), generator);
        Assert.Equal(_unet.AdaptableLayers.Keys.Where(name => All.Includes(name)), network.Adapters.Select(a => a.Module));
        Assert.All(network.Adapters, a => Assert.Equal(_unet.AdaptableLayers[a.Module].weight.shape, a.WeightChange(1).shape));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_EveryKind_GivesTheGradientOfTheMergedWeight(bool recomputes)
    {
        using var network = RandomNetwork();
        var (sample, states) = (randn(1, 4, 8, 8), randn(1, 32, 128));
        network.Attach(_unet.AdaptableLayers);
        _unet.RecomputesActivations = recomputes;
        Run(sample, states).Square().mean().backward();
        network.Detach();

        // The same loss at merged weights that are trained themselves: dL/dB = s dL/dW A', dL/dA = s B' dL/dW.
        using var merged = network.MergeInto(_unet.AdaptableLayers);
        foreach (var adapter in network.Adapters)
        {
            _unet.AdaptableLayers[adapter.Module].weight.requires_grad = true;
        }

        _unet.RecomputesActivations = false;
        Run(sample, states).Square().mean().backward();
        foreach (var adapter in network.Adapters)
        {
            var gradient = _unet.AdaptableLayers[adapter.Module].weight.grad!.flatten(1);
            Golden.AssertClose(adapter.B.grad!.flatten(1), mm(gradient, adapter.A.detach().flatten(1).t()).Mul(adapter.Scale), 2e-3, adapter.Module + " B");
            Golden.AssertClose(adapter.A.grad!.flatten(1), mm(adapter.B.detach().flatten(1).t(), gradient).Mul(adapter.Scale), 2e-3, adapter.Module + " A");
        }
    }

    [Fact]
    public void Forward_Attached_EqualsMerged()
    {
        using var network = RandomNetwork();
        var (sample, states) = (randn(1, 4, 8, 8), randn(1, 32, 128));
        using var guard = no_grad();
        var plain = Run(sample, states);
        network.Attach(_unet.AdaptableLayers);
        var attached = Run(sample, states);
        network.Detach();
        using (network.MergeInto(_unet.AdaptableLayers))
        {
            Golden.AssertClose(attached, Run(sample, states), 1e-4, "attached against merged");
        }

        Assert.True(Golden.RelativeDeviation(attached, plain) > 0.01);
    }

    [Fact]
    public void Write_BothLayouts_AreReadBackByTheirReader()
    {
        using var network = RandomNetwork();
        var spec = new ModelSpec { Title = "x", Resolution = 64 };
        foreach (var write in new Action<string, LoraNetwork, ModelSpec>[] { LoraFile.WriteKohya, LoraFile.WritePeft })
        {
            var path = Path.Combine(_folder.FullName, "x.safetensors");
            write(path, network, spec);
            using var loaded = LoraFile.Read(path, _unet.AdaptableLayers);
            Assert.Empty(loaded.Warnings);
            using var read = loaded.ToNetwork();
            Assert.Equal(network.Adapters.Select(a => a.Module), read.Adapters.Select(a => a.Module));
            foreach (var (expected, actual) in network.Adapters.Zip(read.Adapters))
            {
                Assert.Equal(0, Golden.Deviation(actual.WeightChange(1), expected.WeightChange(1)));
            }
        }
    }

    [Fact]
    public void RowAdapters_Convolutions_EqualSingleRuns()
    {
        LoraNetwork[] networks = [RandomNetwork(1), RandomNetwork(2)];
        var (sample, states) = (randn(3, 4, 8, 8), randn(3, 32, 128));
        using var guard = no_grad();
        using var together = new RowAdapters(networks);
        together.Attach(_unet.AdaptableLayers);
        together.Assign(1, -1, 0);
        var batch = Run(sample, states);
        together.Detach();
        foreach (var (row, network) in new[] { (0, networks[1]), (2, networks[0]) })
        {
            network.Attach(_unet.AdaptableLayers);
            Golden.AssertClose(batch.narrow(0, row, 1), Run(sample.narrow(0, row, 1), states.narrow(0, row, 1)), 1e-5, $"row {row}");
            network.Detach();
        }
    }

    private Tensor Run(Tensor sample, Tensor states) => _unet.call(sample, tensor(new[] { 321L }), states);

    private LoraNetwork RandomNetwork(ulong seed = 4)
    {
        using var generator = new Generator(seed);
        var network = LoraNetwork.Create(_unet.AdaptableLayers, new LoraSettings(2, 1, All), generator);
        foreach (var adapter in network.Adapters)
        {
            network.Parameters.Assign(adapter.Module + ".lora_B.weight", randn(adapter.B.shape, generator: generator).Mul(0.05));
        }

        return network;
    }
}
