using OrleansOneShot.Compute.Optimisation;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Optimisation;

public sealed class FlatAdamWTests
{
    private static readonly (string, long[])[] Shapes = [("a", [4, 3]), ("b", [7]), ("c", [2, 2, 2])];

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.0)]
    public void Step_TwentyTimes_EqualsTorchsOptimiser(double weightDecay)
    {
        using var scope = NewDisposeScope();
        using var flat = Start(1);
        var reference = flat.Leaves.Select(l => new Parameter(l.detach().clone())).ToArray();
        using var ours = new FlatAdamW([flat], 1e-2, weightDecay);
        using var theirs = weightDecay == 0 ? (optim.Optimizer)optim.Adam(reference, 1e-2) : optim.AdamW(reference, 1e-2, weight_decay: weightDecay);
        for (var step = 0; step < 20; step++)
        {
            ours.ZeroGradients();
            theirs.zero_grad();
            Loss(flat.Leaves, step).backward();
            Loss(reference, step).backward();
            ours.Step();
            theirs.step();
        }

        var expected = cat([.. reference.Select(r => r.detach().flatten())]);
        Golden.AssertClose(flat.Values, expected, 1e-6, "values after 20 steps");
    }

    [Fact]
    public void Step_TwoGroups_TrainsEachAsAlone()
    {
        using var scope = NewDisposeScope();
        using var first = Start(1);
        using var second = Start(2);
        using var together = new FlatAdamW([first, second], 1e-2);
        using var alone = Start(2);
        using var single = new FlatAdamW([alone], 1e-2);
        for (var step = 0; step < 3; step++)
        {
            together.ZeroGradients();
            single.ZeroGradients();
            Loss([.. first.Leaves, .. second.Leaves], step).backward();
            Loss(alone.Leaves, step, offset: first.Leaves.Count).backward();
            together.Step();
            single.Step();
        }

        Assert.Equal(alone.Values.bytes.ToArray(), second.Values.bytes.ToArray());
    }

    [Fact]
    public void Import_InTheMiddle_ResumesBitForBit()
    {
        using var scope = NewDisposeScope();
        using var whole = Start(1);
        using var optimiser = new FlatAdamW([whole], 1e-2);
        Run(whole, optimiser, 0, 7);
        var values = whole.Values.clone();
        var state = optimiser.Export();
        Run(whole, optimiser, 7, 20);

        using var resumed = Start(9);
        resumed.Values.copy_(values);
        using var second = new FlatAdamW([resumed], 1e-2);
        second.Import(state);
        Assert.Equal(7, second.StepCount);
        Run(resumed, second, 7, 20);
        Assert.Equal(whole.Values.bytes.ToArray(), resumed.Values.bytes.ToArray());
    }

    [Fact]
    public void Import_StateOfOtherParameters_IsRefusedAndChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var flat = Start(1);
        using var optimiser = new FlatAdamW([flat], 1e-2);
        using var small = new FlatParameters([("a", [3])]);
        using var other = new FlatAdamW([small], 1e-2);
        other.Step();
        var error = Assert.Throws<InvalidInputException>(() => optimiser.Import(other.Export()));
        Assert.Contains("0.mean", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, optimiser.StepCount);
        Assert.Throws<InvalidInputException>(() => optimiser.Import(new Dictionary<string, Tensor>()));
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(-1, 0)]
    [InlineData(1e-4, double.PositiveInfinity)]
    public void Constructor_RateOutOfRange_IsRefused(double learningRate, double weightDecay)
    {
        using var flat = Start(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatAdamW([flat], learningRate, weightDecay));
    }

    [Fact]
    public void Backward_Twice_AddsUpInTheFlatGradient()
    {
        using var scope = NewDisposeScope();
        using var flat = Start(1);
        flat["b"].sum().backward();
        flat["b"].mul(2).sum().backward();
        Assert.Equal([.. Enumerable.Repeat(0f, 12), .. Enumerable.Repeat(3f, 7), .. Enumerable.Repeat(0f, 8)], flat.Gradients.data<float>().ToArray());
        flat.ZeroGradients();
        Assert.Equal(0, flat["b"].grad!.abs().max().item<float>());
    }

    [Fact]
    public void Assign_WrongShapeOrName_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var flat = Start(1);
        Assert.Throws<ArgumentException>(() => flat.Assign("b", zeros(8)));
        Assert.Throws<KeyNotFoundException>(() => flat.Assign("d", zeros(8)));
        Assert.Throws<ArgumentException>(() => new FlatParameters([("a", [1]), ("a", [2])]));
    }

    private static FlatParameters Start(ulong seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var flat = new FlatParameters(Shapes);
        flat.Values.copy_(randn([flat.Count], generator: generator));
        return flat;
    }

    private static void Run(FlatParameters flat, FlatAdamW optimiser, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = NewDisposeScope();
            optimiser.ZeroGradients();
            Loss(flat.Leaves, step).backward();
            optimiser.Step();
        }
    }

    // Another gradient for each tensor and step, of very different sizes.
    private static Tensor Loss(IReadOnlyList<Tensor> leaves, int step, int offset = 0) =>
        leaves.Select((leaf, i) => leaf.mul(Math.Pow(10, ((i + offset) % 3) - 2)).sub((step * 0.1) + i + offset).square().sum()).Aggregate((a, b) => a + b);
}
