using OrleansOneShot.Compute.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class MaskEdgesTests : IDisposable
{
    private const int Width = 11;
    private const int Height = 9;
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Dilate_OnePixel_BecomesADisc()
    {
        var grown = Values(MaskEdges.Dilate(Mask((x, y) => x == 5 && y == 4 ? 0.7f : 0), 2));
        string[] rows = ["...........", "...........", ".....o.....", "....ooo....", "...ooooo...", "....ooo....", ".....o.....", "...........", "..........."];
        Assert.Equal(rows.SelectMany(row => row.Select(c => c == 'o' ? 0.7f : 0f)), grown);
    }

    // Soft values anywhere, the border among them: the largest within the distance, pixel by pixel.
    [Theory]
    [InlineData(0)]
    [InlineData(0.99)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(2.9)]
    [InlineData(30)]
    public void Dilate_SoftMask_IsTheLargestValueWithinTheRadius(double radius)
    {
        var mask = Mask((x, y) => ((x * 7) + (y * 13)) % 17 / 17f);
        var (before, after) = (Values(mask), Values(MaskEdges.Dilate(mask, radius)));
        for (var i = 0; i < before.Length; i++)
        {
            var (x, y) = (i % Width, i / Width);
            var expected = before.Where((_, j) => Math.Pow((j % Width) - x, 2) + Math.Pow((j / Width) - y, 2) <= radius * radius).Max();
            Assert.Equal(expected, after[i]);
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.3)]
    [InlineData(6)]
    public void Feather_AnyMask_IsTheGaussiansMean(double sigma)
    {
        var mask = Mask((x, y) => x < 6 && y > 2 ? 1 : 0);
        var (before, after) = (Values(mask), Values(MaskEdges.Feather(mask, sigma)));
        var reach = (int)Math.Ceiling(3 * sigma);
        for (var i = 0; i < before.Length; i++)
        {
            var (x, y) = (i % Width, i / Width);
            double sum = 0,
                weights = 0;
            for (var dy = -reach; dy <= reach; dy++)
            {
                for (var dx = -reach; dx <= reach; dx++)
                {
                    // Beyond the border the mask goes on as it ends there.
                    var value = before[(Math.Clamp(y + dy, 0, Height - 1) * Width) + Math.Clamp(x + dx, 0, Width - 1)];
                    var weight = Math.Exp(-((dx * dx) + (dy * dy)) / (2 * sigma * sigma));
                    (sum, weights) = (sum + (weight * value), weights + weight);
                }
            }

            Assert.Equal(sum / weights, after[i], 1e-5);
        }
    }

    [Fact]
    public void Soften_PartsOfTheWidth_GrowsFirstAndBlursThen()
    {
        var mask = Mask((x, y) => x == 5 && y == 4 ? 1 : 0);
        Assert.Equal(Values(MaskEdges.Feather(MaskEdges.Dilate(mask, 2.2), 1.1)), Values(MaskEdges.Soften(mask, 0.2, 0.1)));
        Assert.Same(mask, MaskEdges.Soften(mask, 0, 0));
        // Less than a pixel reaches no other.
        Assert.Same(mask, MaskEdges.Soften(mask, 0.9 / Width, 0));
    }

    [Fact]
    public void Soften_SeveralMasks_AreSoftenedEachAlone()
    {
        var (one, two) = (Mask((x, y) => x > 7 ? 1 : 0), Mask((x, y) => y < 2 ? 0.5f : 0));
        var both = MaskEdges.Soften(cat([one, two]), 0.2, 0.1);
        AssertClose(MaskEdges.Soften(one, 0.2, 0.1), both.narrow(0, 0, 1));
        AssertClose(MaskEdges.Soften(two, 0.2, 0.1), both.narrow(0, 1, 1));
    }

    private static Tensor Mask(Func<int, int, float> value) =>
        tensor([.. Enumerable.Range(0, Width * Height).Select(i => value(i % Width, i / Width))], [1, 1, Height, Width]);

    // The order in which a convolution adds up depends on the batch.
    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.All(Values(expected).Zip(Values(actual)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
