using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Optimisation;

public sealed class FlatAdamWTests
{
    private static readonly (string, long[])[] s_shapes = [("a", [4, 3]), ("b", [7]), ("c", [2, 2, 2])];

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.0)]
    public void Step_TwentyTimes_EqualsTheFormulaInDouble(double weightDecay)
    {
        const double Rate = 1e-2;
        const double Beta1 = 0.9;
        const double Beta2 = 0.999;
        using var scope = NewDisposeScope();
        using var flat = Start(1);
        using var optimiser = new FlatAdamW([flat], Rate, weightDecay);
        double[] x = [.. flat.Values.data<float>().ToArray()],
            means = new double[x.Length],
            variances = new double[x.Length];
        int[] leafOf = [.. flat.Leaves.SelectMany((leaf, i) => Enumerable.Repeat(i, (int)leaf.numel()))];
        for (var step = 0; step < 20; step++)
        {
            optimiser.ZeroGradients();
            Loss(flat.Leaves, step).backward();
            optimiser.Step();
            for (var i = 0; i < x.Length; i++)
            {
                // Loss is the sum of (factor x - target)^2.
                var (factor, target) = (Math.Pow(10, (leafOf[i] % 3) - 2), (step * 0.1) + leafOf[i]);
                var gradient = 2 * factor * ((factor * x[i]) - target);
                means[i] = (Beta1 * means[i]) + ((1 - Beta1) * gradient);
                variances[i] = (Beta2 * variances[i]) + ((1 - Beta2) * gradient * gradient);
                var (mean, variance) = (means[i] / (1 - Math.Pow(Beta1, step + 1)), variances[i] / (1 - Math.Pow(Beta2, step + 1)));
                x[i] -= Rate * ((mean / (Math.Sqrt(variance) + 1e-8)) + (weightDecay * x[i]));
            }
        }

        Golden.AssertClose(flat.Values, tensor(x), 1e-6, "values after 20 steps");
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
        flat["b"].Mul(2).sum().backward();
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
        var flat = new FlatParameters(s_shapes);
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
        leaves.Select((leaf, i) => leaf.Mul(Math.Pow(10, ((i + offset) % 3) - 2)).Sub((step * 0.1) + i + offset).Square().sum()).Aggregate((a, b) => a.Add(b));
}
