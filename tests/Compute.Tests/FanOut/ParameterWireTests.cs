using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.FanOut;

public sealed class ParameterWireTests : IDisposable
{
    private readonly FlatParameters _lora = new([("a", [3, 2]), ("b", [2])]);
    private readonly FlatParameters _tokens = new([("vectors", [2, 2])]);
    private readonly FlatAdamW _optimiser;

    public ParameterWireTests()
    {
        _optimiser = new FlatAdamW([_lora, _tokens], 0.1);
        Fill(_lora.Values, 1);
        Fill(_tokens.Values, 100);
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        _tokens.Dispose();
        _lora.Dispose();
    }

    [Fact]
    public void PackWeights_Raw_AreLittleEndianFloatsLoraFirst()
    {
        var bytes = Wire().PackWeights();
        Assert.Equal(Wire().WeightBytes, bytes.Length);
        Assert.Equal([1f, 2, 3, 4, 5, 6, 7, 8, 100, 101, 102, 103], Floats(bytes));
        Fill(_lora.Values, 0);
        Fill(_tokens.Values, 0);
        Wire().UnpackWeights(bytes);
        Assert.Equal(bytes, Wire().PackWeights());
        Assert.Equal(103f, _tokens["vectors"][1, 1].item<float>());
    }

    [Fact]
    public void AddGradients_Float32_AddsInTheLeaves()
    {
        Fill(_lora.Gradients, 1);
        Fill(_tokens.Gradients, 9);
        var bytes = Wire().PackGradients();
        Wire().AddGradients(bytes);
        Assert.Equal([2f, 4, 6, 8, 10, 12], _lora["a"].grad!.data<float>().ToArray());
        Assert.Equal([18f, 20, 22, 24], _tokens["vectors"].grad!.data<float>().ToArray());
    }

    [Fact]
    public void PackGradients_BFloat16_IsHalfTheBytesAndRoundsToTheNearest()
    {
        _lora.Gradients.FillInPlace(1.00390625f); // 1 + 2^-8: halfway, to even
        _tokens.Gradients.FillInPlace(1.0078125f); // 1 + 2^-7: exact
        var wire = Wire(ScalarType.BFloat16);
        var bytes = wire.PackGradients();
        Assert.Equal(Wire().GradientBytes / 2, bytes.Length);
        wire.ZeroGradients();
        wire.AddGradients(bytes);
        Assert.All(_lora.Gradients.data<float>().ToArray(), g => Assert.Equal(1f, g));
        Assert.All(_tokens.Gradients.data<float>().ToArray(), g => Assert.Equal(1.0078125f, g));
    }

    [Fact]
    public void State_ThereAndBack_IsTheSameBitForBit()
    {
        Fill(_lora.Gradients, 3);
        _optimiser.Step();
        var state = Wire().PackState(_optimiser, 2);
        Fill(_lora.Gradients, -5);
        _optimiser.Step();
        Assert.NotEqual(state, Wire().PackState(_optimiser, 2));
        Assert.Equal(2, Wire().UnpackState(state, _optimiser));
        Assert.Equal(1, _optimiser.StepCount);
        Assert.Equal(state, Wire().PackState(_optimiser, 2));
    }

    [Fact]
    public void AverageStates_OfOne_IsThatOneWithItsNegativeZeros()
    {
        _lora.Values.FillInPlace(-0.0f);
        var state = Wire().PackState(_optimiser, 1);
        Wire().AverageStates([state], _optimiser);
        Assert.Equal(state, Wire().PackState(_optimiser, 1));
    }

    [Fact]
    public void AverageStates_OfSeveral_IsTheSumInOrderOverTheirNumber()
    {
        // In float32 (1e8 + 1) - 1e8 is 0 and (1e8 - 1e8) + 1 is 1: the order is seen.
        float[] values = [1e8f, 1, -1e8f];
        ReadOnlyMemory<byte> Of(float value)
        {
            _lora.Values.FillInPlace(value);
            _tokens.Values.FillInPlace(value);
            return Wire().PackState(_optimiser, 1);
        }

        ReadOnlyMemory<byte>[] states = [.. values.Select(Of)];
        Wire().AverageStates(states, _optimiser);
        Assert.All(_lora.Values.data<float>().ToArray(), v => Assert.Equal(0f, v));
        Wire().AverageStates([states[0], states[2], states[1]], _optimiser);
        Assert.All(_tokens.Values.data<float>().ToArray(), v => Assert.Equal(1f / 3, v));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-4)]
    public void Unpack_AnotherSize_IsRefusedAndChangesNothing(int difference)
    {
        var wire = Wire();
        byte[] Cut(int size) => new byte[difference == 0 ? 0 : size + difference];
        var before = wire.PackState(_optimiser, 1);
        var error = Assert.Throws<InvalidInputException>(() => wire.UnpackWeights(Cut(wire.WeightBytes)));
        Assert.Contains($"{wire.WeightBytes} bytes", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => wire.AddGradients(Cut(wire.GradientBytes)));
        Assert.Throws<InvalidInputException>(() => wire.UnpackState(Cut(wire.StateBytes), _optimiser));
        Assert.Throws<InvalidInputException>(() => wire.AverageStates([before, Cut(wire.StateBytes)], _optimiser));
        Assert.Equal(before, wire.PackState(_optimiser, 1));
    }

    [Fact]
    public void UnpackState_TrailerThatCannotBe_IsRefused()
    {
        var state = Wire().PackState(_optimiser, 1);
        state.AsSpan(^8..).Clear(); // no terms a pass
        Assert.Throws<InvalidInputException>(() => Wire().UnpackState(state, _optimiser));
        state.AsSpan(^16..).Fill(0xff); // -1 steps
        Assert.Throws<InvalidInputException>(() => Wire().UnpackState(state, _optimiser));
    }

    private ParameterWire Wire(ScalarType type = ScalarType.Float32) => new([_lora, _tokens], type);

    private static void Fill(Tensor flat, float first)
    {
        using var scope = NewDisposeScope();
        flat.copy_(TensorMath.Arange(flat.numel(), ScalarType.Float32).Add(first));
    }

    private static float[] Floats(byte[] bytes) => [.. bytes.Chunk(4).Select(b => BitConverter.ToSingle(b))];
}
