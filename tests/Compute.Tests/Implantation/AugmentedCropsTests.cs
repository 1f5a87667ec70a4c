using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Compute.Tests.Implantation;

public sealed class AugmentedCropsTests
{
    [Theory]
    [InlineData(100, 50, 200, 180, 120, 30, 40)] // With room around the object.
    [InlineData(100, 50, 200, 100, 50, 200, 200)] // As large as the crop.
    [InlineData(100, 50, 200, 60, 100, 300, 20)] // Wider than the crop, which cuts it.
    [InlineData(0, 0, 30, 0, 0, 5, 29)] // In a corner of a small crop.
    public void Find_AnyObject_GivesSquaresOfTheCropThatHoldIt(int x, int y, int side, int left, int top, int width, int height)
    {
        var (whole, marked) = (new PixelRectangle(x, y, side, side), new PixelRectangle(left, top, width, height));
        for (var seed = 0; seed < 200; seed++)
        {
            var crops = AugmentedCrops.Find(whole, marked, seed, "crop");
            Assert.Equal(8, crops.Count);
            Assert.Equal(whole, crops[0]);
            Assert.All(
                crops,
                crop =>
                {
                    Assert.Equal(crop.Width, crop.Height);
                    Assert.InRange(crop.Width, Math.Round(0.8 * side), side);
                    Assert.True(crop.X >= whole.X && crop.Y >= whole.Y && crop.Right <= whole.Right && crop.Bottom <= whole.Bottom);
                    Assert.True(crop.X <= Math.Max(marked.X, whole.X) && crop.Right >= Math.Min(marked.Right, whole.Right));
                    Assert.True(crop.Y <= Math.Max(marked.Y, whole.Y) && crop.Bottom >= Math.Min(marked.Bottom, whole.Bottom));
                }
            );
        }
    }

    [Fact]
    public void Find_ManySeeds_CoversSizesAndPlacesEvenly()
    {
        var (whole, marked) = (new PixelRectangle(0, 0, 1000, 1000), new PixelRectangle(450, 450, 100, 100));
        var crops = Enumerable.Range(0, 500).SelectMany(seed => AugmentedCrops.Find(whole, marked, seed, "crop").Skip(1)).ToList();
        // 3500 numbers: one sigma of the mean is 1 of 800 to 1000.
        Assert.Equal(900, crops.Average(crop => crop.Width), 5.0);
        Assert.Equal(0.5, crops.Where(crop => crop.Width < 990).Average(crop => crop.X / (1000.0 - crop.Width)), 0.03);
        Assert.Equal(0.5, crops.Where(crop => crop.Width < 990).Average(crop => crop.Y / (1000.0 - crop.Width)), 0.03);
    }

    [Fact]
    public void Find_SameKey_GivesTheSameAndAnotherGivesOthers()
    {
        var (whole, marked) = (new PixelRectangle(0, 0, 1000, 1000), new PixelRectangle(450, 450, 100, 100));
        var crops = AugmentedCrops.Find(whole, marked, 3, "crop");
        Assert.Equal(crops, AugmentedCrops.Find(whole, marked, 3, "crop"));
        Assert.NotEqual(crops, AugmentedCrops.Find(whole, marked, 4, "crop"));
        Assert.NotEqual(crops, AugmentedCrops.Find(whole, marked, 3, "crop-0"));
        Assert.Equal(8, crops.Distinct().Count());
    }
}
