using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Compute.Tests.Evaluation;

public sealed class PartialTransportTests
{
    [Fact]
    public void MeanDistance_OnALine_IsTheDistanceOfTheSortedMasses()
    {
        // As much room as mass on one axis: the exact distance is that of the quantiles, worked out apart.
        double[] from = [0, 3, 10, 11];
        double[] to = [1, 2, 5, 30];
        int[] supplies = [5, 1, 2, 4];
        int[] rooms = [3, 6, 2, 1];
        var expected = Units(from, supplies).Zip(Units(to, rooms), (a, b) => Math.Abs(a - b)).Average();

        Assert.Equal(expected, PartialTransport.MeanDistance(supplies, rooms, Distances(from, to)), 6);
    }

    [Fact]
    public void MeanDistance_WithRoomLeft_IsTheLeastOfAllWays()
    {
        // Small enough to try every way of filling the places.
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            int[] supplies = [.. Enumerable.Range(0, 3).Select(_ => random.Next(0, 4))];
            int[] rooms = [.. Enumerable.Range(0, 3).Select(_ => random.Next(1, 5))];
            if (supplies.Sum() == 0 || rooms.Sum() < supplies.Sum())
            {
                continue;
            }

            float[] distances = [.. Enumerable.Range(0, 9).Select(_ => (float)random.Next(0, 20))];
            var best = Least([.. supplies.SelectMany((mass, i) => Enumerable.Repeat(i, mass))], 0, [.. rooms], distances);
            Assert.Equal(best / supplies.Sum(), PartialTransport.MeanDistance(supplies, rooms, distances), 6);
        }
    }

    [Fact]
    public void MeanDistance_LessRoomThanMass_Throws() => Assert.Throws<ArgumentException>(() => PartialTransport.MeanDistance([2, 2], [3], [1f, 1f]));

    private static double Least(int[] units, int at, int[] rooms, float[] distances)
    {
        if (at == units.Length)
        {
            return 0;
        }

        var best = double.PositiveInfinity;
        for (var j = 0; j < rooms.Length; j++)
        {
            if (rooms[j] > 0)
            {
                rooms[j]--;
                best = Math.Min(best, distances[(units[at] * rooms.Length) + j] + Least(units, at + 1, rooms, distances));
                rooms[j]++;
            }
        }

        return best;
    }

    private static IEnumerable<double> Units(double[] places, int[] masses) =>
        places.Zip(masses).SelectMany(pair => Enumerable.Repeat(pair.First, pair.Second)).Order();

    private static float[] Distances(double[] from, double[] to) => [.. from.SelectMany(a => to.Select(b => (float)Math.Abs(a - b)))];
}
