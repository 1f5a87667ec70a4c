using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Models.Loading;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Models.Layers;

public sealed class AdaptableLinearTests
{
    [Fact]
    public void Forward_WithoutAdapter_IsThePlainLayer()
    {
        using var scope = NewDisposeScope();
        using var linear = new AdaptableLinear(5, 3);
        RandomWeights.Fill(linear, ScalarType.Float32, CPU, 1);
        var x = ones(2, 5);

        Assert.Equal(0, Golden.Deviation(linear.call(x), functional.linear(x, linear.weight, linear.bias)));
    }

    [Fact]
    public void Forward_WithAdapter_RunsItOnTheFrozenWeights()
    {
        using var scope = NewDisposeScope();
        using var linear = new AdaptableLinear(5, 3, hasBias: false);
        RandomWeights.Fill(linear, ScalarType.Float32, CPU, 1);
        var x = ones(2, 5);
        linear.Adapter = new Negating();

        Assert.Equal(0, Golden.Deviation(linear.call(x), -functional.linear(x, linear.weight)));
    }

    [Fact]
    public void Parameters_WhateverTheAdapter_AreThoseOfALinearLayer()
    {
        using var linear = new AdaptableLinear(5, 3) { Adapter = new Negating() };
        Assert.Equal(["weight", "bias"], linear.state_dict().Keys);
    }

    [Fact]
    public void Weight_AssignedInADisposeScope_OutlivesIt()
    {
        using var linear = new AdaptableLinear(5, 3);
        using (NewDisposeScope())
        {
            RandomWeights.Fill(linear, ScalarType.Float32, CPU, 1);
        }

        using var scope = NewDisposeScope();
        Assert.Equal([2, 3], linear.call(ones(2, 5)).shape);
    }

    private sealed class Negating : ILayerAdapter
    {
        public Tensor Forward(AdaptableLayer layer, Tensor input) => -layer.Run(input, layer.weight, layer.bias);
    }
}
