using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ThreadDivisionTests
{
    [Theory]
    [InlineData(2, new[] { 2 }, new[] { 2 })]
    [InlineData(2, new[] { 2, 2 }, new[] { 1, 1 })]
    [InlineData(2, new[] { 2, 2, 2, 2 }, new[] { 1, 1, 1, 1 })]
    [InlineData(16, new[] { 16, 1 }, new[] { 15, 1 })]
    [InlineData(16, new[] { 1, 16, 16 }, new[] { 1, 7, 8 })]
    [InlineData(16, new[] { 4, 16 }, new[] { 4, 12 })]
    [InlineData(1, new[] { 1, 1 }, new[] { 1, 1 })]
    public void Divide_Jobs_GetWhatTheyCanUseOfWhatIsThere(int threads, int[] useful, int[] expected) => Assert.Equal(expected, ThreadDivision.Divide(threads, useful));

    [Theory]
    [InlineData(2, 2, 0, 2)]
    [InlineData(2, 2, 0.4, 2)]
    [InlineData(2, 2, 1, 1)]
    [InlineData(2, 2, 2, 1)]
    [InlineData(16, 16, 4.2, 12)]
    [InlineData(16, 16, 16, 8)] // whoever comes second is not left with nothing
    [InlineData(8, 16, 4, 8)] // two logical processors a core
    [InlineData(1, 1, 0.5, 1)]
    public void Free_OthersAtWork_LeavesThemWhatTheyUseButForHalf(int most, int processors, double others, int expected) =>
        Assert.Equal(expected, ThreadDivision.Free(most, processors, others));

    [Fact]
    public void Useful_ToyModel_IsOneThread()
    {
        var toy = UNetConfig.Read(Path.Combine(Golden.Root, "models", "toyworld-64", "unet", "config.json"));
        Assert.Equal(1, ThreadDivision.Useful(OperationWork.OfUNet(toy, 16, 16, 3), 64));
    }

    [Theory]
    [InlineData(64, 1)] // 512 pixels
    [InlineData(32, 2)]
    [InlineData(16, 1)] // the weights alone are work
    public void Useful_StableDiffusion_IsEveryThreadOfASmallMachine(int side, int rows)
    {
        var config = UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json"));
        Assert.Equal(8, ThreadDivision.Useful(OperationWork.OfUNet(config, side, side, rows), 8));
    }

    [Fact]
    public void OfUNet_OnAGpu_LeavesTheProcessorNothing()
    {
        var config = UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json"));
        Assert.Equal(0, OperationWork.OfUNet("cuda:0", config, 64, 64, 1));
        Assert.Equal(1, ThreadDivision.Useful(0, 8));
    }
}
