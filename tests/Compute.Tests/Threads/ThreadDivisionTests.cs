using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ThreadDivisionTests
{
    [Theory]
    [InlineData(2, 1, 2)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 8, 1)]
    [InlineData(16, 2, 8)]
    [InlineData(16, 3, 5)]
    [InlineData(1, 1, 1)]
    public void Of_LargeWork_IsTheSlotsPart(int most, int slots, int expected) => Assert.Equal(expected, ThreadDivision.Of(1e12, most, slots));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(99e6, 1)]
    [InlineData(100e6, 2)]
    [InlineData(1e9, 16)]
    public void Of_Work_IsAsManyAsItIsWorth(double work, int expected) => Assert.Equal(expected, ThreadDivision.Of(work, 16, 1));

    [Fact]
    public void Of_ToyModel_IsOneThread()
    {
        var toy = UNetConfig.Read(Path.Combine(Repository.Model, "unet", "config.json"));
        Assert.Equal(1, ThreadDivision.Of(OperationWork.OfUNet(toy, 16, 16, 3), 64, 1));
    }

    [Theory]
    [InlineData(64, 1)] // 512 pixels
    [InlineData(32, 2)]
    [InlineData(16, 1)] // the weights alone are work
    public void Of_StableDiffusion_IsEveryThreadOfASmallMachine(int side, int rows)
    {
        var config = UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json"));
        Assert.Equal(8, ThreadDivision.Of(OperationWork.OfUNet(config, side, side, rows), 8, 1));
    }

    [Fact]
    public void OfUNet_OnAGpu_LeavesTheProcessorNothing()
    {
        var config = UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json"));
        Assert.Equal(0, OperationWork.OfUNet("cuda:0", config, 64, 64, 1));
    }
}
