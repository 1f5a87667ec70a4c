using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>Every form of adapter changes a weight by what its definition says; the expected change is written as the papers and LyCORIS have it.</summary>
public sealed class LoraFormTests : IDisposable
{
    private const string Linear = "down_blocks.0.attentions.0.transformer_blocks.0.ff.net.2";
    private const string Conv = "down_blocks.0.resnets.0.conv1";
    private const string Projection = "down_blocks.0.attentions.0.proj_in";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-lora-");
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(11);
    private readonly Dictionary<string, Tensor> _tensors = [];

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void LoCon_Convolution_IsUpTimesDown()
    {
        var (down, up) = (Add(Conv, "lora_down.weight", 2, 6, 3, 3), Add(Conv, "lora_up.weight", 8, 2, 1, 1));
        Alpha(Conv, 1);
        Changes(Conv, einsum("rikl,or->oikl", down, up.flatten(1)).Mul(0.5));
    }

    [Fact]
    public void LoCon_Core_StandsBetweenDownAndUp()
    {
        var (down, mid, up) = (Add(Conv, "lora_down.weight", 3, 6, 1, 1), Add(Conv, "lora_mid.weight", 2, 3, 3, 3), Add(Conv, "lora_up.weight", 8, 2, 1, 1));
        Changes(Conv, einsum("ji,rjkl,or->oikl", down.flatten(1), mid, up.flatten(1)));
    }

    [Fact]
    public void LoCon_OfAMatrixForAConvolutionOfOnePlace_IsTheSame()
    {
        var (down, up) = (Add(Projection, "lora_down.weight", 2, 8), Add(Projection, "lora_up.weight", 8, 2));
        Changes(Projection, mm(up, down).unsqueeze(-1).unsqueeze(-1));
    }

    [Fact]
    public void Lora_OfAConvolutionForALinearLayer_IsTheSame()
    {
        var (down, up) = (Add(Linear, "lora_down.weight", 2, 6, 1, 1), Add(Linear, "lora_up.weight", 8, 2, 1, 1));
        Changes(Linear, mm(up.flatten(1), down.flatten(1)));
    }

    [Theory]
    [InlineData(Linear, 6)]
    [InlineData(Conv, 54)]
    public void LoHa_IsTheProductValueByValue(string module, long columns)
    {
        var (a1, b1) = (Add(module, "hada_w1_a", 8, 2), Add(module, "hada_w1_b", 2, columns));
        var (a2, b2) = (Add(module, "hada_w2_a", 8, 2), Add(module, "hada_w2_b", 2, columns));
        Alpha(module, 1);
        Changes(module, mm(a1, b1).mul(mm(a2, b2)).Mul(0.5).reshape(Layers()[module].weight.shape));
    }

    [Fact]
    public void LoHa_Cores_AreTuckerDecompositions()
    {
        var (a1, b1, t1) = (Add(Conv, "hada_w1_a", 2, 8), Add(Conv, "hada_w1_b", 2, 6), Add(Conv, "hada_t1", 2, 2, 3, 3));
        var (a2, b2, t2) = (Add(Conv, "hada_w2_a", 2, 8), Add(Conv, "hada_w2_b", 2, 6), Add(Conv, "hada_t2", 2, 2, 3, 3));
        Changes(Conv, Tucker(t1, b1, a1).mul(Tucker(t2, b2, a2)));
    }

    [Fact]
    public void LoKr_WholeFactors_AreAKroneckerProductWhateverAlphaSays()
    {
        var (w1, w2) = (Add(Linear, "lokr_w1", 2, 3), Add(Linear, "lokr_w2", 4, 2));
        Alpha(Linear, 100);
        Changes(Linear, kron(w1, w2));
    }

    [Fact]
    public void LoKr_LowRankFactors_AreMultipliedFirst()
    {
        var (a1, b1) = (Add(Linear, "lokr_w1_a", 2, 2), Add(Linear, "lokr_w1_b", 2, 3));
        var (a2, b2) = (Add(Linear, "lokr_w2_a", 4, 2), Add(Linear, "lokr_w2_b", 2, 2));
        Alpha(Linear, 1);
        Changes(Linear, kron(mm(a1, b1), mm(a2, b2)).Mul(0.5));
    }

    [Fact]
    public void LoKr_Convolution_HasItsPlacesInTheSecondFactor()
    {
        var (w1, w2) = (Add(Conv, "lokr_w1", 2, 3), Add(Conv, "lokr_w2", 4, 2, 3, 3));
        Changes(Conv, kron(w1.unsqueeze(2).unsqueeze(2), w2));
    }

    [Fact]
    public void LoKr_ConvolutionInFactors_IsMultipliedFirst()
    {
        var (w1, a2, b2) = (Add(Conv, "lokr_w1", 2, 3), Add(Conv, "lokr_w2_a", 4, 2), Add(Conv, "lokr_w2_b", 2, 18));
        Alpha(Conv, 4);
        Changes(Conv, kron(w1.unsqueeze(2).unsqueeze(2), mm(a2, b2).view(4, 2, 3, 3)).Mul(2));
    }

    [Fact]
    public void LoKr_Core_IsATuckerDecomposition()
    {
        var (w1, t2, a2, b2) = (Add(Conv, "lokr_w1", 2, 3), Add(Conv, "lokr_t2", 2, 2, 3, 3), Add(Conv, "lokr_w2_a", 2, 4), Add(Conv, "lokr_w2_b", 2, 2));
        Changes(Conv, kron(w1.unsqueeze(2).unsqueeze(2), Tucker(t2, b2, a2)));
    }

    [Fact]
    public void Diff_IsTheWholeChangeOfWeightAndBias()
    {
        var (weight, bias) = (Add(Conv, "diff", 8, 6, 3, 3), Add(Conv, "diff_b", 8));
        var layers = Layers();
        var before = layers[Conv].bias!.detach().clone();
        Changes(Conv, weight);
        using (Apply(layers, 0.5))
        {
            Golden.AssertClose(layers[Conv].bias!, before.Add(bias.Mul(0.5)), 1e-6, "bias");
        }

        Assert.Equal(before.bytes.ToArray(), layers[Conv].bias!.bytes.ToArray());
    }

    [Fact]
    public void Diff_BiasAlone_LeavesTheWeight()
    {
        var bias = Add(Conv, "diff_b", 8);
        var layers = Layers();
        var (weight, before) = (layers[Conv].weight.detach().clone(), layers[Conv].bias!.detach().clone());
        using var applied = Apply(layers, 1);
        Assert.Equal(0, Golden.Deviation(layers[Conv].weight, weight));
        Golden.AssertClose(layers[Conv].bias!, before.Add(bias), 1e-6, "bias");
    }

    [Theory]
    [InlineData(Linear, "lora_magnitude_vector", false, 8L)]
    [InlineData(Linear, "dora_scale", false, 8L, 1L)]
    [InlineData(Linear, "dora_scale", true, 1L, 6L)]
    [InlineData(Conv, "lora_magnitude_vector", false, 1L, 8L, 1L, 1L)]
    [InlineData(Conv, "dora_scale", false, 8L, 1L, 1L, 1L)]
    [InlineData(Conv, "dora_scale", true, 1L, 6L, 1L, 1L)]
    public void DoRA_BringsRowsOrColumnsOfTheSumToTheirLengths(string module, string part, bool ofColumns, params long[] shape)
    {
        var isConv = module == Conv;
        var (down, up) = (
            isConv ? Add(module, "lora_down.weight", 2, 6, 3, 3) : Add(module, "lora_down.weight", 2, 6),
            isConv ? Add(module, "lora_up.weight", 8, 2, 1, 1) : Add(module, "lora_up.weight", 8, 2)
        );
        var magnitude = Add(module, part, shape).abs();
        _tensors[Key(module, part)] = magnitude;
        Alpha(module, 1);
        var weight = Layers()[module].weight.detach();
        var sum = weight.Add(mm(up.flatten(1), down.flatten(1)).view(weight.shape).Mul(0.5));
        var axis = ofColumns ? 1 : 0;
        var expected = sum.clone();
        for (var i = 0; i < sum.shape[axis]; i++)
        {
            // One row or column after the other: its direction from the sum, its length from the file.
            var one = sum.select(axis, i);
            expected.select(axis, i).copy_(one.div(one.Square().sum().sqrt()).mul(magnitude.flatten()[i]));
        }

        Changes(module, expected.sub(weight));
    }

    [Fact]
    public void DoRA_OfLoHa_RenormalisesThatChange()
    {
        var (a1, b1, a2, b2) = (Add(Linear, "hada_w1_a", 8, 2), Add(Linear, "hada_w1_b", 2, 6), Add(Linear, "hada_w2_a", 8, 2), Add(Linear, "hada_w2_b", 2, 6));
        var magnitude = Add(Linear, "dora_scale", 8, 1).abs();
        _tensors[Key(Linear, "dora_scale")] = magnitude;
        var weight = Layers()[Linear].weight.detach();
        var sum = weight.Add(mm(a1, b1).mul(mm(a2, b2)));
        Changes(Linear, sum.mul(magnitude).div(sum.Square().sum(1).sqrt().unsqueeze(1)).sub(weight));
    }

    [Theory]
    [InlineData(Linear)]
    [InlineData(Conv)]
    public void Apply_InBfloat16_ComputesBesideTheWeightsWhatFloat32Adds(string module)
    {
        var isConv = module == Conv;
        Add(module, "lora_down.weight", isConv ? [2, 6, 3, 3] : [2, 6]);
        Add(module, "lora_up.weight", isConv ? [8, 2, 1, 1] : [8, 2]);
        var input = isConv ? randn([2, 6, 5, 5], generator: _generator) : randn([2, 4, 6], generator: _generator);
        var (exact, half) = (Layers(), Layers(ScalarType.BFloat16));
        using var merged = Apply(exact, 0.7);
        using (Apply(half, 0.7))
        {
            Golden.AssertClose(half[module].call(input.to(ScalarType.BFloat16)), exact[module].call(input), 2e-2, "output");
            Assert.NotNull(half[module].Adapter);
        }

        Assert.Null(half[module].Adapter);
    }

    [Fact]
    public void Apply_SeveralOfSeveralForms_AddsThemAllAndGivesTheWeightsBack()
    {
        var (down, up) = (Add(Linear, "lora_down.weight", 2, 6), Add(Linear, "lora_up.weight", 8, 2));
        using var first = Read(Layers());
        _tensors.Clear();
        var (w1, w2) = (Add(Linear, "lokr_w1", 2, 3), Add(Linear, "lokr_w2", 4, 2));
        using var second = Read(Layers());
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var layers = Layers(type);
            var before = layers[Linear].weight.detach().clone();
            var input = randn([3, 6], generator: _generator);
            var plain = Layers()[Linear];
            var expected = nn.functional.linear(input, plain.weight.Add(mm(up, down).Mul(0.5)).sub(kron(w1, w2).Mul(2)), plain.bias);
            using (AppliedLora.Apply([(layers, [.. first.UNet.Select(c => (c, 0.5)), .. second.UNet.Select(c => (c, -2.0))])]))
            {
                Golden.AssertClose(layers[Linear].call(input.to(type)), expected, type == ScalarType.Float32 ? 1e-5 : 2e-2, $"{type}");
            }

            Assert.Equal(before.bytes.ToArray(), layers[Linear].weight.bytes.ToArray());
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.BFloat16, false)]
    public void Suspend_WeightAndBias_GivesThePlainOutputMeanwhile(ScalarType type, bool hasWeight)
    {
        if (hasWeight)
        {
            Add(Conv, "diff", 8, 6, 3, 3);
        }

        Add(Conv, "diff_b", 8);
        var layer = Layers(type)[Conv];
        var layers = new OrderedDictionary<string, AdaptableLayer> { [Conv] = layer };
        var input = randn([1, 6, 4, 4], generator: _generator).to(type);
        var plain = layer.call(input).bytes.ToArray();
        using (var applied = Apply(layers, 0.5))
        {
            var adapted = layer.call(input).bytes.ToArray();
            using (applied.Suspend())
            {
                Assert.Equal(plain, layer.call(input).bytes.ToArray());
            }

            Assert.Equal(adapted, layer.call(input).bytes.ToArray());
            Assert.NotEqual(plain, adapted);
        }

        Assert.Equal(plain, layer.call(input).bytes.ToArray());
    }

    [Fact]
    public void Apply_ChangeBeyondNumbers_IsRefusedAndUndone()
    {
        _tensors[Key(Linear, "lora_down.weight")] = TensorMath.Full([1, 6], 1e30);
        _tensors[Key(Linear, "lora_up.weight")] = TensorMath.Full([8, 1], 1e30);
        var layers = Layers();
        var before = layers[Linear].weight.detach().clone();
        var error = Assert.Throws<InvalidInputException>(() => Apply(layers, 1));
        Assert.Contains($"x.safetensors changes {Linear} by more than a number can hold", error.Message, StringComparison.Ordinal);
        Assert.Equal(before.bytes.ToArray(), layers[Linear].weight.bytes.ToArray());
    }

    [Theory]
    [InlineData("hada_w1_a,8x2;hada_w1_b,2x6;hada_w2_a,8x2", "has hada_w1_a, hada_w1_b, hada_w2_a, which make no change of a weight")]
    [InlineData("hada_w1_a,8x2;hada_w1_b,2x7;hada_w2_a,8x2;hada_w2_b,2x6", "hada_w1_b is [2, 7], not (r, 6)")]
    [InlineData("hada_w1_a,8x1025;hada_w1_b,1025x6;hada_w2_a,8x2;hada_w2_b,2x6", "has the rank 1025")]
    [InlineData("lokr_w1,2x3;lokr_w2,4x3", "is the product of 2 x 3 and 4 x 3 where the layer needs 8 x 6")]
    [InlineData("lokr_w1,0x3;lokr_w2,4x2", "is [0, 3], not a matrix")]
    [InlineData("lokr_w1,2x3;lokr_w1_a,2x2;lokr_w2,4x2", "which make no change of a weight")]
    [InlineData("lokr_w1,2x3;lokr_w2_a,4x2;lokr_w2_b,3x2", "can't be multiplied")]
    [InlineData("diff,8x7", "diff is [8, 7], not the layer's [8, 6]")]
    [InlineData("diff,8x6;diff_b,7", "diff_b is [7] where the layer needs [8]")]
    [InlineData("lora_down.weight,2x6;lora_up.weight,8x2;dora_scale,7x1", "dora_scale is [7, 1], not [8] or [1, 6]")]
    [InlineData("lora_down.weight,2x6;lora_up.weight,8x2;alpha,2", "alpha is [2], not one number")]
    [InlineData("lora_down.weight,2x6;lora_up.weight,8x2;lora_mid.weight,2x2x3x3", "which don't make the layer's [8, 6]")]
    [InlineData("lora_down.weight,2x6;lora_up.weight,8x2;hada_w1_a,8x2", "which make no change of a weight")]
    [InlineData("lora_down.weight,2x6;lora_up.bias,8", "lora_up.bias is no key of a LoRA")]
    [InlineData("dora_scale,8x1", "which make no change of a weight")]
    public void Read_SizesThatDontFit_AreTold(string tensors, string expected)
    {
        foreach (var one in tensors.Split(';'))
        {
            var parts = one.Split(',');
            Add(Linear, parts[0], [.. parts[1].Split('x').Select(long.Parse)]);
        }

        var error = Assert.Throws<InvalidInputException>(() => Read(Layers()));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("x.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora_down.weight")]
    [InlineData("lora_up.weight")]
    public void Read_ValueThatIsNoNumber_IsToldWithItsKey(string part)
    {
        Add(Conv, "lora_down.weight", 2, 6, 3, 3);
        Add(Conv, "lora_up.weight", 8, 2, 1, 1);
        _tensors[Key(Conv, part)].select(0, 0).FillInPlace(double.NaN);
        Assert.Contains(
            $"{Key(Conv, part)} holds values that are not finite",
            Assert.Throws<InvalidInputException>(() => Read(Layers())).Message,
            StringComparison.Ordinal
        );
    }

    private static Tensor Tucker(Tensor core, Tensor right, Tensor left) => einsum("ijkl,jr,ip->prkl", core, right, left).contiguous();

    private static string Key(string module, string part) => $"lora_unet_{module.Replace('.', '_')}.{part}";

    private static OrderedDictionary<string, AdaptableLayer> Layers(ScalarType type = ScalarType.Float32)
    {
        var layers = new OrderedDictionary<string, AdaptableLayer>
        {
            [Linear] = new AdaptableLinear(6, 8),
            [Conv] = new AdaptableConv2d(6, 8, 3, stride: 2, padding: 1),
            [Projection] = new AdaptableConv2d(8, 8, 1),
        };
        foreach (var layer in layers.Values)
        {
            RandomWeights.Fill(layer, type, CPU, 5);
        }

        return layers;
    }

    private Tensor Add(string module, string part, params long[] shape) => _tensors[Key(module, part)] = randn(shape, generator: _generator);

    private void Alpha(string module, float alpha) => _tensors[Key(module, "alpha")] = tensor(alpha);

    private LoadedLora Read(OrderedDictionary<string, AdaptableLayer> layers)
    {
        var path = Path.Combine(_folder.FullName, "x.safetensors");
        SafetensorsWriter.Write(path, _tensors);
        return LoraFile.Read(path, layers);
    }

    private AppliedLora Apply(OrderedDictionary<string, AdaptableLayer> layers, double scale)
    {
        using var loaded = Read(layers);
        return AppliedLora.Apply([(layers, [.. loaded.UNet.Select(c => (c, scale))])]);
    }

    /// <summary>Applied at a scale, the file changes the layer's weight by that much of the expected change, and gives the weight back bit for bit.</summary>
    private void Changes(string module, Tensor expected)
    {
        foreach (var scale in new[] { 1, -0.3 })
        {
            var layers = Layers();
            var before = layers[module].weight.detach().clone();
            using (Apply(layers, scale))
            {
                Golden.AssertClose(layers[module].weight, before.Add(expected.Mul(scale)), 2e-6, $"{module} at {scale}");
                Assert.True(Golden.Deviation(layers[module].weight, before) > 0.01, "Nothing was changed.");
            }

            Assert.Equal(before.bytes.ToArray(), layers[module].weight.bytes.ToArray());
        }
    }
}
