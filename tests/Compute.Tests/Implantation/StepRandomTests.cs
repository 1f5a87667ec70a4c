using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tests.Models;
using OrleansOneShot.Compute.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Properties that a step's draw must have whatever the generator: compared with arithmetic of the tests' own, not with another run.</summary>
public sealed class StepRandomTests : IDisposable
{
    private const int Draws = 10_000;

    // The 99.9 % points of chi-square with 2 and 9 degrees of freedom.
    private const double LimitOfThree = 13.82;
    private const double LimitOfTen = 27.88;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly NoiseSchedule _schedule = new(SchedulerConfig.Load(TinyModel.Open().SchedulerFile));

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.18215)]
    [InlineData(0.5)]
    public void Latents_OfAKnownPosterior_AreTheSampleTimesTheScalingFactor(double scalingFactor)
    {
        // Mean 3, standard deviation 2: of 4 x 64 x 64 numbers the mean errs by 0.016 and the deviation by 0.011 (one sigma).
        var z = new StepRandom(7, Posterior(3, 2, 64), scalingFactor, _schedule, 1, 1).Draw(0).Latents;
        Assert.Equal([1, 4, 64, 64], z.shape);
        var values = Values(z);
        Assert.Equal(3 * scalingFactor, values.Average(), 0.08 * scalingFactor);
        Assert.Equal(2 * scalingFactor, Deviation(values), 0.06 * scalingFactor);

        // To the digit, from the noise of the key.
        using var random = new KeyedRandom(7, 0, RandomPurpose.VaePosterior);
        var noise = Values(random.Normal(1, 4, 64, 64));
        Assert.All(values.Zip(noise), pair => Assert.Equal((3 + (2 * pair.Second)) * scalingFactor, pair.First, 1e-5));
    }

    [Fact]
    public void ObjectLatents_OfOwnViews_AreEachViewsSampleTimesTheScalingFactor()
    {
        VaePosterior[] views = [Posterior(10, 0.001), Posterior(20, 0.001), Posterior(30, 0.001)];
        var random = new StepRandom(7, Posterior(0, 1), 0.5, _schedule, 3, 2, views);
        for (var step = 0; step < 50; step++)
        {
            var draw = random.Draw(step);
            Assert.Equal(draw.Subset, draw.ObjectLatents!.Keys.Order());
            foreach (var (i, latents) in draw.ObjectLatents)
            {
                Assert.All(Values(latents), v => Assert.Equal(5.0 * (i + 1), v, 0.01));
            }
        }

        Assert.Null(new StepRandom(7, Posterior(0, 1), 0.5, _schedule, 3, 2).Draw(0).ObjectLatents);
    }

    [Fact]
    public void Draw_Augmented_TakesEveryViewEvenlyWithItsMasks()
    {
        TrainingView[] augmented =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => new TrainingView(Posterior(10 * i, 0.001), [Posterior((10 * i) + 5, 0.001)], TensorMath.Full([1, 1, 4, 4], i / 4.0))),
        ];
        var random = new StepRandom(0, Posterior(100, 0.001), 1, _schedule, 1, 1, [Posterior(200, 0.001)], augmented);
        var seen = new int[4];
        for (var step = 0; step < 2000; step++)
        {
            using var scope = NewDisposeScope();
            var draw = random.Draw(step);
            var view = (int)Math.Round(Values(draw.Latents)[0] / 10);
            seen[view]++;
            Assert.Equal((10 * view) + 5, Values(draw.ObjectLatents![0])[0], 0.01);
            Assert.Equal(view / 4f, Values(draw.Masks!)[0]);
        }

        // One sigma is 19.
        Assert.All(seen, count => Assert.InRange(count, 430, 570));

        // Everything else is drawn as without them, and a resumed run draws the same view.
        var plain = new StepRandom(0, Posterior(100, 0.001), 1, _schedule, 1, 1).Draw(7);
        var (first, again) = (random.Draw(7), random.Draw(7));
        Assert.Equal((plain.Timestep, plain.P), (first.Timestep, first.P));
        Assert.Equal(Values(plain.Noise), Values(first.Noise));
        Assert.Null(plain.Masks);
        AssertSame(first, again);
        // Participants see views of their own.
        Assert.NotInRange(
            Enumerable.Range(0, 300).Count(step => Values(random.Draw(step, 1).Masks!)[0].Equals(Values(random.Draw(step, 2).Masks!)[0])),
            120,
            300
        );
    }

    [Fact]
    public void AlphaBar_OfEveryDraw_BelongsToItsTimestep()
    {
        var expected = AlphaBars();
        var draws = Draw(Random(), Draws);
        Assert.Contains(draws, d => d.Timestep == 0);
        Assert.Contains(draws, d => d.Timestep == 999);

        // Neighbours differ by beta: 8.5e-4 and more.
        Assert.All(draws, d => Assert.Equal(1, d.AlphaBar / expected[d.Timestep], 2e-4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12345)]
    public void Timesteps_OfManySteps_CoverTheScheduleEvenly(long seed)
    {
        var timesteps = Draw(Random(seed), Draws).Select(d => d.Timestep).ToArray();
        Assert.InRange(timesteps.Min(), 0, 5);
        Assert.InRange(timesteps.Max(), 994, 999);
        Assert.InRange(timesteps.Count(t => t < 500), (Draws / 2) - 165, (Draws / 2) + 165); // 3.3 sigma
        AssertEven(timesteps.Select(t => (int)(t / 100)), 10, LimitOfTen, "hundreds");
        AssertEven(timesteps.Select(t => (int)(t % 10)), 10, LimitOfTen, "last digits");
    }

    [Fact]
    public void P_OfManySteps_IsUniformAndNotTheTimestep()
    {
        var draws = Draw(Random(), Draws);
        Assert.All(draws, d => Assert.InRange(d.P, 0, 1 - double.Epsilon));
        AssertEven(draws.Select(d => (int)(d.P * 10)), 10, LimitOfTen, "tenths");
        Assert.InRange(Correlation([.. draws.Select(d => d.P)], [.. draws.Select(d => (double)d.Timestep)]), -0.04, 0.04);
    }

    [Fact]
    public void Subset_OfManySteps_TakesEveryPairEvenlyAndKAtMostAllObjects()
    {
        var draws = Draw(new StepRandom(0, Posterior(0, 1), 1, _schedule, 3, 2), Draws);
        Assert.All(draws, d => Assert.True(d.Subset.Count == 2 && d.Subset[0] >= 0 && d.Subset[0] < d.Subset[1] && d.Subset[1] < 3));
        AssertEven(draws.Select(d => d.Subset[0] + d.Subset[1] - 1), 3, LimitOfThree, "pairs");
        Assert.Equal([0, 1, 2], new StepRandom(0, Posterior(0, 1), 1, _schedule, 3, 5).Draw(0).Subset);
        Assert.Equal([0], new StepRandom(0, Posterior(0, 1), 1, _schedule, 1, 2).Draw(0).Subset);
    }

    [Fact]
    public void Draw_SameKey_GivesTheSameWhateverWasDrawnBefore()
    {
        var (first, second) = (Random(views: true), Random(views: true));
        var late = first.Draw(9, 2);
        first.Draw(0);
        second.Draw(3, 1);
        AssertSame(late, second.Draw(9, 2));
        AssertSame(first.Draw(4), first.Draw(4, participant: 0));

        // Own views are drawn beside the rest, not instead of it.
        var without = Random().Draw(4);
        AssertSame(without, second.Draw(4) with { ObjectLatents = null });
    }

    [Fact]
    public void Draw_OtherSeedStepOrParticipant_DiffersInAllItsNumbers()
    {
        // Mean 0, deviation 1, factor 1: every latent is its noise.
        var draws = new List<StepDraw>();
        foreach (var seed in (long[])[0, 1])
        {
            var random = Random(seed, views: true);
            draws.AddRange(from step in Enumerable.Range(0, 3) from participant in Enumerable.Range(0, 3) select random.Draw(step, participant));
        }

        var noises = draws
            .SelectMany(d => d.ObjectLatents!.OrderBy(o => o.Key).Select(o => o.Value).Prepend(d.Noise).Prepend(d.Latents))
            .Select(Values)
            .ToList();
        Assert.Equal(2 * 3 * 3 * 5, noises.Count);
        for (var i = 0; i < noises.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                // 64 numbers: one sigma is 0.125.
                Assert.InRange(Correlation(noises[i], noises[j]), -0.7, 0.7);
            }
        }

        Assert.Equal(draws.Count, draws.Select(d => d.P).Distinct().Count());
    }

    [Fact]
    public void Draw_ParticipantsOfOneStep_DifferInTimestepsAndSubsets()
    {
        var random = new StepRandom(0, Posterior(0, 1), 1, _schedule, 4, 2);
        StepDraw[] first = [.. Enumerable.Range(0, 300).Select(s => random.Draw(s, 0))],
            second = [.. Enumerable.Range(0, 300).Select(s => random.Draw(s, 1))];
        Assert.InRange(first.Zip(second).Count(pair => pair.First.Timestep == pair.Second.Timestep), 0, 5);

        // Of six pairs one in six agrees by chance: 50, one sigma 6.5.
        Assert.InRange(first.Zip(second).Count(pair => pair.First.Subset.SequenceEqual(pair.Second.Subset)), 25, 75);
    }

    private static VaePosterior Posterior(double mean, double deviation, int side = 4) =>
        new(TensorMath.Full([1, 4, side, side], mean), TensorMath.Full([1, 4, side, side], 2 * Math.Log(deviation)));

    private static StepDraw[] Draw(StepRandom random, int steps)
    {
        var draws = new StepDraw[steps];
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            draws[step] = random.Draw(step);
        }

        return draws;
    }

    private StepRandom Random(long seed = 0, bool views = false) =>
        new(seed, Posterior(0, 1), 1, _schedule, 3, 3, views ? [Posterior(0, 1), Posterior(0, 1), Posterior(0, 1)] : null);

    // Stable Diffusion's "scaled_linear": the square roots of beta are even from 0.00085 to 0.012.
    private static double[] AlphaBars()
    {
        var bars = new double[1000];
        var product = 1.0;
        for (var t = 0; t < bars.Length; t++)
        {
            product *= 1 - Math.Pow(Math.Sqrt(0.00085) + ((Math.Sqrt(0.012) - Math.Sqrt(0.00085)) * t / 999), 2);
            bars[t] = product;
        }

        return bars;
    }

    private static double[] Values(Tensor tensor) => [.. tensor.data<float>().ToArray().Select(v => (double)v)];

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }

    private static double Correlation(double[] a, double[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        return a.Zip(b).Average(pair => (pair.First - meanA) * (pair.Second - meanB)) / (Deviation(a) * Deviation(b));
    }

    private static void AssertEven(IEnumerable<int> bins, int count, double limit, string what)
    {
        var counts = new int[count];
        foreach (var bin in bins)
        {
            counts[bin]++;
        }

        var expected = counts.Sum() / (double)count;
        var chiSquare = counts.Sum(c => (c - expected) * (c - expected) / expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: chi-square {chiSquare:F2} at {count - 1} degrees of freedom");
        Assert.InRange(chiSquare, 0, limit);
    }

    private static void AssertSame(StepDraw expected, StepDraw actual)
    {
        Assert.Equal(Values(expected.Latents), Values(actual.Latents));
        Assert.Equal(Values(expected.Noise), Values(actual.Noise));
        Assert.Equal((expected.Timestep, expected.AlphaBar, expected.P), (actual.Timestep, actual.AlphaBar, actual.P));
        Assert.Equal(expected.Subset, actual.Subset);
        Assert.Equal(
            expected.ObjectLatents?.Select(o => (o.Key, Convert.ToHexString(o.Value.bytes))),
            actual.ObjectLatents?.Select(o => (o.Key, Convert.ToHexString(o.Value.bytes)))
        );
    }
}
