using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>DoRA against its definition, in single layers and in a whole UNet.</summary>
public sealed class RowLengthsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Linear layers with and without a bias, and convolutions of several kernels and strides: (kernel, stride, padding, bias).</summary>
    public static TheoryData<int, int, int, bool> Layers =>
        new()
        {
            { 0, 1, 0, true },
            { 0, 1, 0, false },
            { 1, 1, 0, true },
            { 3, 1, 1, true },
            { 3, 2, 1, true },
        };

    [Theory]
    [MemberData(nameof(Layers))]
    public void Forward_NothingLearnedYet_IsThePlainLayer(int kernel, int stride, int padding, bool bias)
    {
        var (layers, layer, input) = Layer(kernel, stride, padding, bias);
        using var network = DoraNetworks.Create(layers);
        var plain = layer.call(input);
        network.Attach(layers);
        Golden.AssertClose(layer.call(input), plain, 1e-6, "at the start");
        var change = network.Adapters[0].WeightChange(layer, 1);
        Assert.True(change.abs().max().item<float>() <= 1e-6 * layer.weight.abs().max().item<float>());
        Assert.Equal([layer.OutFeatures], network.Adapters[0].Magnitude!.shape);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Backward_OneStep_IsWhatTheDefinitionGives(int kernel, int stride, int padding, bool bias)
    {
        var (layers, layer, input) = Layer(kernel, stride, padding, bias);
        using var network = DoraNetworks.Random(layers, rank: 2, alpha: 3);
        var adapter = network.Adapters[0];
        var before = (A: Doubles(adapter.A), B: Doubles(adapter.B), M: Doubles(adapter.Magnitude!));
        network.Attach(layers);
        var output = layer.call(input);
        var pull = randn(output.shape);
        network.Parameters.ZeroGradients();
        output.mul(pull).sum().backward();

        var (values, a, b, m) = Expected(layer, stride, padding, input, pull, before, rank: 2, scale: 1.5);
        AssertNear(values, output, "output");
        AssertNear(a, adapter.A.grad!, "A");
        AssertNear(b, adapter.B.grad!, "B");
        AssertNear(m, adapter.Magnitude!.grad!, "m");

        // AdamW's first step by its definition: as far as the rate against the sign, weights decayed before.
        const double Rate = 0.01;
        const double Decay = 0.1;
        using var optimiser = new FlatAdamW([new ParameterGroup("lora", network.Parameters, Rate)], Decay);
        optimiser.Step();
        foreach (var (leaf, start, gradient) in new[] { (adapter.A, before.A, a), (adapter.B, before.B, b), (adapter.Magnitude, before.M, m) })
        {
            AssertNear([.. start.Zip(gradient, (x, g) => (x * (1 - (Rate * Decay))) - (Rate * g / (Math.Abs(g) + 1e-8)))], leaf, "after a step");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_WholeUNet_GivesTheGradientOfTheMergedWeight(bool recomputes)
    {
        using var unet = DoraNetworks.UNet();
        using var network = DoraNetworks.Random(unet.AdaptableLayers, rank: 2, alpha: 1, spread: 0.05);
        var (sample, states) = (randn(1, 4, 8, 8), randn(1, 32, 128));
        network.Attach(unet.AdaptableLayers);
        unet.RecomputesActivations = recomputes;
        Run(unet, sample, states).Square().mean().backward();
        network.Detach();

        // The same loss at merged weights that are trained themselves; with V = W + s B A and a constant n = |V|, dL/dV = m / n dL/dW', dL/dm = dL/dW' V / n.
        var gains = network.Adapters.ToDictionary(adapter => adapter.Module, adapter => Gain(adapter, unet.AdaptableLayers[adapter.Module]));
        using var merged = network.MergeInto(unet.AdaptableLayers);
        var layers = network.Adapters.Select(adapter => (Adapter: adapter, Layer: unet.AdaptableLayers[adapter.Module])).ToArray();
        foreach (var (_, layer) in layers)
        {
            layer.weight.requires_grad = true;
        }

        unet.RecomputesActivations = false;
        Run(unet, sample, states).Square().mean().backward();
        foreach (var (adapter, layer) in layers)
        {
            using var guard = no_grad();
            var (whole, m) = (layer.weight.flatten(1), adapter.Magnitude!);
            var gradient = layer.weight.grad!.flatten(1);
            Golden.AssertClose(m.grad!, gradient.mul(whole).sum(1).div(m), 2e-3, adapter.Module + " m");

            var pulled = gradient.mul(gains[adapter.Module].unsqueeze(1));
            Golden.AssertClose(adapter.B.grad!.flatten(1), mm(pulled, adapter.A.flatten(1).t()).Mul(adapter.Scale), 2e-3, adapter.Module + " B");
            Golden.AssertClose(adapter.A.grad!.flatten(1), mm(adapter.B.flatten(1).t(), pulled).Mul(adapter.Scale), 2e-3, adapter.Module + " A");
        }
    }

    [Fact]
    public void Forward_Multiplier_TakesAsMuchOfTheWholeChangeAsMerging()
    {
        using var unet = DoraNetworks.UNet();
        using var network = DoraNetworks.Random(unet.AdaptableLayers, rank: 2, alpha: 1, spread: 0.05);
        var (sample, states) = (randn(1, 4, 8, 8), randn(1, 32, 128));
        using var guard = no_grad();
        var plain = Run(unet, sample, states);
        foreach (var scale in new[] { 1, 0.6 })
        {
            network.Multiplier = scale;
            network.Attach(unet.AdaptableLayers);
            var attached = Run(unet, sample, states);
            network.Detach();
            using (network.MergeInto(unet.AdaptableLayers, scale))
            {
                Golden.AssertClose(attached, Run(unet, sample, states), 1e-4, "attached against merged");
            }

            Assert.True(Golden.RelativeDeviation(attached, plain) > 0.01);
        }

        Assert.Equal(0, Golden.Deviation(Run(unet, sample, states), plain));
    }

    [Fact]
    public void Forward_Bfloat16_RoundsValuesAndNotLengths()
    {
        var (layers, layer, input) = Layer(0, 1, 0, bias: false, size: 64, type: ScalarType.BFloat16);
        using var network = DoraNetworks.Create(layers);
        network.Parameters.Assign(layers.Keys.Single() + ".lora_magnitude_vector", RowLengths.Of(layer).Mul(1.003));
        using var guard = no_grad();
        var plain = layer.call(input);
        network.Attach(layers);
        var adapted = layer.call(input);
        Assert.Equal(ScalarType.BFloat16, adapted.dtype);
        // Single values are rounded to up to 4 thousandths; on average 3 thousandths are about 3, where a factor of bfloat16 would be 1.
        Assert.Equal(1.003, adapted.to(ScalarType.Float64).abs().sum().item<double>() / plain.to(ScalarType.Float64).abs().sum().item<double>(), 1e-3);
    }

    [Fact]
    public void Forward_RowOfZeros_StaysAndGivesNumbers()
    {
        var (layers, layer, input) = Layer(0, 1, 0, bias: true);
        using (no_grad())
        {
            layer.weight[1].zero_();
        }

        using var network = DoraNetworks.Random(layers, rank: 2, alpha: 2, magnitudes: false);
        network.Attach(layers);
        var output = layer.call(input);
        output.Square().sum().backward();
        Assert.True(output.IsAllFinite());
        Assert.True(network.Parameters.Gradients.IsAllFinite());
    }

    [Fact]
    public void Combine_Dora_IsRefused()
    {
        var (layers, _, _) = Layer(0, 1, 0, bias: true);
        using var network = DoraNetworks.Create(layers);
        Assert.True(network.IsDora);
        Assert.Throws<ArgumentException>(() => LoraNetwork.Combine((network, 1)));
        Assert.Throws<ArgumentException>(() => new RowAdapters([network]));
    }

    // W' = m (W + s B A) / n, its output, and the gradients of sum(pull y) with a constant n: all in double precision, value by value.
    private static (double[] Output, double[] A, double[] B, double[] M) Expected(
        AdaptableLayer layer,
        int stride,
        int padding,
        Tensor input,
        Tensor pull,
        (double[] A, double[] B, double[] M) start,
        int rank,
        double scale
    )
    {
        var (outs, ins) = ((int)layer.OutFeatures, (int)layer.InFeatures);
        var places = layer.Kernel.Count == 0 ? 1 : (int)(layer.Kernel[0] * layer.Kernel[1]);
        var width = ins * places;
        var weight = Doubles(layer.weight);
        var bias = layer.bias is null ? new double[outs] : Doubles(layer.bias);
        var (whole, gains, norms) = (new double[outs * width], new double[outs], new double[outs]);
        for (var o = 0; o < outs; o++)
        {
            for (var i = 0; i < width; i++)
            {
                whole[(o * width) + i] =
                    weight[(o * width) + i] + (scale * Enumerable.Range(0, rank).Sum(r => start.B[(o * rank) + r] * start.A[(r * width) + i]));
                norms[o] += whole[(o * width) + i] * whole[(o * width) + i];
            }

            norms[o] = Math.Sqrt(norms[o]);
            gains[o] = start.M[o] / norms[o];
        }

        // Each output value is bias + sum of W' and the patch that it sees.
        var (output, ofWhole, ofM) = (new List<double>(), new double[outs * width], new double[outs]);
        var pulls = Doubles(pull);
        foreach (var (patch, o) in Patches(layer, stride, padding, input, pull))
        {
            var product = Enumerable.Range(0, width).Sum(i => whole[(o * width) + i] * patch[i]);
            var p = pulls[output.Count];
            output.Add((gains[o] * product) + bias[o]);
            ofM[o] += p * product / norms[o];
            for (var i = 0; i < width; i++)
            {
                ofWhole[(o * width) + i] += p * gains[o] * patch[i];
            }
        }

        var ofA = new double[rank * width];
        var ofB = new double[outs * rank];
        for (var o = 0; o < outs; o++)
        {
            for (var r = 0; r < rank; r++)
            {
                for (var i = 0; i < width; i++)
                {
                    ofB[(o * rank) + r] += scale * ofWhole[(o * width) + i] * start.A[(r * width) + i];
                    ofA[(r * width) + i] += scale * ofWhole[(o * width) + i] * start.B[(o * rank) + r];
                }
            }
        }

        return ([.. output], ofA, ofB, ofM);
    }

    // What each output value sees, in the order of the output's memory, and its channel.
    private static IEnumerable<(double[] Patch, int Channel)> Patches(AdaptableLayer layer, int stride, int padding, Tensor input, Tensor output)
    {
        var (values, outs, ins) = (Doubles(input), (int)layer.OutFeatures, (int)layer.InFeatures);
        if (layer.Kernel.Count == 0)
        {
            foreach (var row in values.Chunk(ins))
            {
                for (var o = 0; o < outs; o++)
                {
                    yield return (row, o);
                }
            }

            yield break;
        }

        var (side, size) = ((int)layer.Kernel[0], (int)input.shape[2]);
        var places = (int)output.shape[2];
        for (var n = 0; n < input.shape[0]; n++)
        {
            for (var o = 0; o < outs; o++)
            {
                for (var place = 0; place < places * places; place++)
                {
                    var (top, left) = ((place / places * stride) - padding, (place % places * stride) - padding);
                    yield return (
                        [
                            .. Enumerable
                                .Range(0, ins * side * side)
                                .Select(k => (Channel: k / (side * side), Y: top + (k / side % side), X: left + (k % side)))
                                .Select(at =>
                                    at.Y < 0 || at.Y >= size || at.X < 0 || at.X >= size
                                        ? 0
                                        : values[(((((n * ins) + at.Channel) * size) + at.Y) * size) + at.X]
                                ),
                        ],
                        o
                    );
                }
            }
        }
    }

    private static Tensor Gain(LoraAdapter adapter, AdaptableLayer layer)
    {
        using var guard = no_grad();
        var whole = layer.weight.Add(LoraAdapter.Product(adapter.B, adapter.A).Mul(adapter.Scale)).flatten(1);
        return adapter.Magnitude!.div(whole.Square().sum(1).sqrt());
    }

    private static (OrderedDictionary<string, AdaptableLayer> Layers, AdaptableLayer Layer, Tensor Input) Layer(
        int kernel,
        int stride,
        int padding,
        bool bias,
        int size = 5,
        ScalarType type = ScalarType.Float32
    )
    {
        AdaptableLayer layer = kernel == 0 ? new AdaptableLinear(size + 1, size, bias) : new AdaptableConv2d(size + 1, size, kernel, stride, padding);
        using var generator = new Generator(5);
        layer.weight = new Parameter(randn(layer.weight.shape, generator: generator).to(type), requires_grad: false);
        if (bias)
        {
            layer.bias = new Parameter(randn(layer.bias!.shape, generator: generator).to(type), requires_grad: false);
        }

        var input = kernel == 0 ? randn([2, 64, size + 1], generator: generator) : randn([2, size + 1, 6, 6], generator: generator);
        return (new OrderedDictionary<string, AdaptableLayer> { ["a.attn1.to_q"] = layer }, layer, input.to(type));
    }

    private static Tensor Run(UNet2DConditionModel unet, Tensor sample, Tensor states) => unet.call(sample, tensor(new[] { 321L }), states);

    private static double[] Doubles(Tensor tensor) => tensor.detach().to(ScalarType.Float64).flatten().data<double>().ToArray();

    private static void AssertNear(double[] expected, Tensor actual, string what)
    {
        var values = Doubles(actual);
        var largest = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, values.Length);
        Assert.All(expected.Zip(values), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 * largest, $"{what}: {pair.First} and {pair.Second}"));
    }
}
