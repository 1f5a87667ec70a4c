using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Compute.Tests.Evaluation;

public sealed class BootstrapTests
{
    [Theory]
    [InlineData(40, 12)]
    [InlineData(100, 50)]
    public void Mean_OfOnesAndZeros_HasTheBinomialsQuantiles(int count, int ones)
    {
        // A resample's ones are Binomial(n, k / n): the interval's ends are its quantiles, of which 10,000 draws miss at most the neighbour.
        double[] values = [.. Enumerable.Range(0, count).Select(i => i < ones ? 1.0 : 0.0)];

        var interval = Bootstrap.Mean(values, seed: 3);

        Assert.Equal((double)ones / count, interval.Mean, 12);
        Assert.Equal(count, interval.Count);
        Assert.InRange(interval.Low!.Value * count, Quantile(count, ones, 0.025) - 1, Quantile(count, ones, 0.025) + 1);
        Assert.InRange(interval.High!.Value * count, Quantile(count, ones, 0.975) - 1, Quantile(count, ones, 0.975) + 1);
    }

    [Fact]
    public void Mean_SameValuesAndSeed_GivesTheSameInterval()
    {
        double[] values = [0.3, 0.1, 0.7, 0.2, 0.9];
        Assert.Equal(Bootstrap.Mean(values, 1), Bootstrap.Mean(values, 1));
        Assert.NotEqual(Bootstrap.Mean([.. values, 0.44], 1), Bootstrap.Mean([.. values, 0.44], 2));
    }

    [Fact]
    public void PairedDifference_OfAConstantShift_IsThatShiftWhateverTheSpread()
    {
        double[] a = [1, 50, -20, 7, 300];
        var paired = Bootstrap.PairedDifference([.. a.Select(value => value + 0.25)], a);
        Assert.Equal((0.25, 0.25, 0.25), (paired.Mean, paired.Low!.Value, paired.High!.Value));

        // Without pairs the spread hides it.
        Assert.True(Bootstrap.Difference([.. a.Select(value => value + 0.25)], a).Holds(0));
    }

    [Fact]
    public void Difference_OfSetsApart_DoesNotHoldZero()
    {
        var difference = Bootstrap.Difference([1.0, 1.1, 0.9, 1.05], [0.1, 0.2, 0.0]);
        Assert.Equal(1.0125 - 0.1, difference.Mean, 12);
        Assert.False(difference.Holds(0));
        Assert.Equal(3, difference.Count);
    }

    [Fact]
    public void Mean_OfOneValue_HasNoInterval()
    {
        var one = Bootstrap.Mean([0.5]);
        Assert.Equal((0.5, null, null), (one.Mean, one.Low, one.High));
        Assert.Null(one.Holds(0.5));
    }

    [Fact]
    public void Intervals_OfNothingOrUnpaired_Throw()
    {
        Assert.Throws<ArgumentException>(() => Bootstrap.Mean([]));
        Assert.Throws<ArgumentException>(() => Bootstrap.PairedDifference([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => Bootstrap.Difference([1], []));
    }

    // Smallest count whose probability from below reaches the level.
    private static int Quantile(int n, int ones, double level)
    {
        var (p, probability, sum) = ((double)ones / n, Math.Pow(1 - ((double)ones / n), n), 0.0);
        for (var k = 0; k <= n; k++)
        {
            sum += probability;
            if (sum >= level)
            {
                return k;
            }

            probability *= (double)(n - k) / (k + 1) * p / (1 - p);
        }

        return n;
    }
}
