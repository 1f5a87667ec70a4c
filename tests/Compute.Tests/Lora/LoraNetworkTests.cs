using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

public sealed class LoraNetworkTests
{
    [Fact]
    public void Create_StableDiffusion15AtRank4_Has128ModulesAnd797184Parameters()
    {
        var (layers, _) = Linears.StableDiffusion15();
        using var generator = new Generator(0);
        using var network = LoraNetwork.Create(layers, new LoraSettings(), generator);
        Assert.Equal(128, network.Adapters.Count);
        Assert.Equal(layers.Keys, network.Adapters.Select(a => a.Module));
        Assert.Equal(797_184, network.Parameters.Count);
    }

    [Fact]
    public void Create_CrossTargets_TakesTheCrossAttentionAlone()
    {
        using var generator = new Generator(0);
        using var network = LoraNetwork.Create(Linears.Small(), new LoraSettings(Targets: LoraTargetModules.Cross), generator);
        Assert.Equal(8, network.Adapters.Count);
        Assert.All(network.Adapters, a => Assert.Contains(".attn2.", a.Module, StringComparison.Ordinal));
    }

    [Fact]
    public void Create_GaussianStart_DrawsModuleByModuleWithStandardDeviationOneOverRank()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small(width: 512, context: 768);
        using var generator = new Generator(3);
        using var network = LoraNetwork.Create(layers, new LoraSettings(Rank: 4), generator);
        using var again = new Generator(3);
        foreach (var adapter in network.Adapters)
        {
            Assert.Equal(0, Golden.Deviation(adapter.A, randn(adapter.A.shape, generator: again).Div(4)));
            Assert.Equal(0, adapter.B.abs().max().item<float>());
        }

        Assert.Equal(0.25, network.Adapters[0].A.std().item<float>(), 0.02);
    }

    [Theory]
    [InlineData(0, 4d, "rank 0")]
    [InlineData(-1, 4d, "rank -1")]
    [InlineData(2000, 4d, "rank 2000")]
    [InlineData(7, 4d, "larger than the layer")]
    [InlineData(4, double.NaN, "alpha NaN")]
    [InlineData(4, 0d, "alpha 0")]
    public void Create_SettingOutOfRange_IsRefused(int rank, double alpha, string expected)
    {
        using var generator = new Generator(0);
        var error = Assert.Throws<InvalidInputException>(() => LoraNetwork.Create(Linears.Small(), new LoraSettings(rank, alpha), generator));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forward_AttachedThenDetached_AddsScaleTimesBAAndThenNothing()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var network = RandomNetwork(layers, 1, rank: 2, alpha: 3);
        var (name, layer) = layers.GetAt(3); // with a bias
        var input = randn([2, 5, 8]);
        var plain = layer.call(input);
        network.Attach(layers);
        network.Multiplier = 0.5;
        var adapter = network.Find(name)!;
        var expected = plain.Add(input.reshape(-1, 8).mm(adapter.A.t()).mm(adapter.B.t()).Mul(3.0 / 2 * 0.5).view(2, 5, 8));
        Golden.AssertClose(layer.call(input), expected, 1e-6, "adapted");
        network.Detach();
        Assert.Equal(0, Golden.Deviation(layer.call(input), plain));
    }

    [Fact]
    public void Attach_LayerThatHasAnAdapter_IsRefused()
    {
        var layers = Linears.Small();
        using var first = RandomNetwork(layers, 1);
        using var second = RandomNetwork(layers, 2);
        first.Attach(layers);
        Assert.Throws<InvalidOperationException>(() => second.Attach(layers));
        Assert.Throws<InvalidOperationException>(() => first.Attach(layers));
        layers.Remove(layers.GetAt(0).Key);
        first.Detach();
        Assert.Throws<ArgumentException>(() => first.Attach(layers));
    }

    [Fact]
    public void MergeInto_ThenDisposed_GivesTheAdaptedOutputThenTheOriginalBits()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var network = RandomNetwork(layers, 1, rank: 2, alpha: 3);
        var (_, layer) = layers.GetAt(3);
        var input = randn([2, 5, 8]);
        var before = layer.weight.bytes.ToArray();
        network.Multiplier = 0.6;
        network.Attach(layers);
        var adapted = layer.call(input);
        network.Detach();
        using (network.MergeInto(layers, 0.6))
        {
            Golden.AssertClose(layer.call(input), adapted, 1e-6, "merged");
            Assert.NotEqual(before, layer.weight.bytes.ToArray());
        }

        Assert.Equal(before, layer.weight.bytes.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Suspend_AttachedOrMerged_GivesThePlainOutputMeanwhile(bool isMerged)
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var network = RandomNetwork(layers, 1, rank: 2, alpha: 3);
        var (_, layer) = layers.GetAt(3);
        var input = randn([2, 5, 8]);
        var plain = layer.call(input).bytes.ToArray();
        using ILearnedChange learned = isMerged ? network.MergeInto(layers) : new AttachedLora(network, layers);
        var adapted = layer.call(input).bytes.ToArray();
        for (var turn = 0; turn < 2; turn++)
        {
            using (learned.Suspend())
            {
                Assert.Equal(plain, layer.call(input).bytes.ToArray());
            }

            Assert.Equal(adapted, layer.call(input).bytes.ToArray());
        }

        Assert.NotEqual(plain, adapted);
    }

    [Fact]
    public void Combine_TwoLoras_IsTheSumOfBoth()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var first = RandomNetwork(layers, 1, rank: 2, alpha: 3);
        using var second = RandomNetwork(layers, 2, rank: 3, alpha: 1);
        using var both = LoraNetwork.Combine((first, 0.5), (second, 2));
        foreach (var adapter in both.Adapters)
        {
            var expected = first.Find(adapter.Module)!.WeightChange(0.5).Add(second.Find(adapter.Module)!.WeightChange(2));
            Golden.AssertClose(adapter.WeightChange(1), expected, 1e-6, adapter.Module);
        }
    }

    [Fact]
    public void Forward_Bfloat16Layer_KeepsTheLayersTypeAndGivesFloat32Gradients()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small(ScalarType.BFloat16);
        using var network = RandomNetwork(layers, 1);
        network.Attach(layers);
        var output = layers.GetAt(0).Value.call(randn([2, 5, 8]).to(ScalarType.BFloat16));
        Assert.Equal(ScalarType.BFloat16, output.dtype);
        output.sum().backward();
        Assert.Equal(ScalarType.Float32, network.Adapters[0].A.grad!.dtype);
        Assert.True(network.Parameters.Gradients.abs().max().item<float>() > 0);
    }

    /// <summary>A LoRA whose B is not zero.</summary>
    internal static LoraNetwork RandomNetwork(IReadOnlyDictionary<string, AdaptableLayer> layers, ulong seed, int rank = 4, double alpha = 4)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var network = LoraNetwork.Create(layers, new LoraSettings(rank, alpha), generator);
        foreach (var adapter in network.Adapters)
        {
            network.Parameters.Assign(adapter.Module + ".lora_B.weight", randn(adapter.B.shape, generator: generator));
        }

        return network;
    }
}
