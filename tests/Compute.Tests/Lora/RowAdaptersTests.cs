using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

public sealed class RowAdaptersTests
{
    [Fact]
    public void Forward_ThreeRowsWithThreeAdapters_EqualThreeSingleRuns()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        LoraNetwork[] networks =
        [
            LoraNetworkTests.RandomNetwork(layers, 1),
            LoraNetworkTests.RandomNetwork(layers, 2, rank: 2, alpha: 5),
            LoraNetworkTests.RandomNetwork(layers, 3),
        ];
        var layer = layers.GetAt(3).Value;
        var input = randn([4, 5, 8]);
        int[] rows = [2, 0, -1, 1];
        using var together = new RowAdapters(networks);
        together.Attach(layers);
        together.Assign(rows);
        var batch = layer.call(input);
        together.Detach();
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row] >= 0)
            {
                networks[rows[row]].Attach(layers);
            }

            Golden.AssertClose(batch[row], layer.call(input[row]), 1e-6, $"row {row}");
            if (rows[row] >= 0)
            {
                networks[rows[row]].Detach();
            }
        }
    }

    [Fact]
    public void Backward_LossOfOneRow_ReachesThatRowsAdapterAlone()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        LoraNetwork[] networks =
        [
            LoraNetworkTests.RandomNetwork(layers, 1),
            LoraNetworkTests.RandomNetwork(layers, 2),
            LoraNetworkTests.RandomNetwork(layers, 3),
        ];
        var layer = layers.GetAt(0).Value;
        var input = randn([3, 5, 8]);
        using var together = new RowAdapters(networks);
        together.Attach(layers);
        together.Assign(0, 1, 2);
        layer.call(input)[1].Square().sum().backward();
        var crossed = networks.Select(n => n.Parameters.Gradients.clone()).ToArray();
        Assert.Equal(0, crossed[0].abs().max().item<float>());
        Assert.Equal(0, crossed[2].abs().max().item<float>());

        together.Detach();
        networks[1].Parameters.ZeroGradients();
        networks[1].Attach(layers);
        layer.call(input[1]).Square().sum().backward();
        Golden.AssertClose(crossed[1], networks[1].Parameters.Gradients, 1e-6, "gradient of the row's own adapter");
    }

    [Fact]
    public void Assign_SameAdapterTwice_AddsBothRowsGradients()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var network = LoraNetworkTests.RandomNetwork(layers, 1);
        var layer = layers.GetAt(0).Value;
        var input = randn([2, 5, 8]);
        using var together = new RowAdapters([network]);
        together.Attach(layers);
        together.Assign(0, 0);
        layer.call(input).Square().sum().backward();
        var rows = network.Parameters.Gradients.clone();
        together.Detach();
        network.Parameters.ZeroGradients();
        network.Attach(layers);
        layer.call(input).Square().sum().backward();
        Golden.AssertClose(rows, network.Parameters.Gradients, 1e-6, "gradient");
    }

    [Fact]
    public void Assign_UnknownAdapterOrWrongBatch_IsRefused()
    {
        var layers = Linears.Small();
        using var network = LoraNetworkTests.RandomNetwork(layers, 1);
        using var together = new RowAdapters([network]);
        Assert.Throws<ArgumentOutOfRangeException>(() => together.Assign(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => together.Assign(-2));
        together.Attach(layers);
        together.Assign(0, 0, 0);
        Assert.Throws<ArgumentException>(() => layers.GetAt(0).Value.call(randn([2, 5, 8])));
    }
}
