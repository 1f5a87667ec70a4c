using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ProcessorTimeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-times-").FullName;

    [Fact]
    public void Read_SomeOfTheProcessors_AddsUpTheirWorkAlone()
    {
        Directory.CreateDirectory(Path.Combine(_root, "proc"));
        File.WriteAllText(
            Path.Combine(_root, "proc", "stat"),
            """
            cpu  99999 0 0 0 0 0 0 0 0 0
            cpu0 100 20 30 5000 700 8 42 1 0 0
            cpu1 1000 0 0 0 0 0 0 0 0 0
            cpu10 7 0 0 0 0 0 0 0 0 0
            intr 1 2 3 4 5 6 7 8 9
            """);
        Assert.Equal(2.0, ProcessorTime.Read([0], _root)!.Busy);
        Assert.Equal(12.0, ProcessorTime.Read([0, 1], _root)!.Busy);
        Assert.Null(ProcessorTime.Read([2], _root));
    }

    [Fact]
    public void Read_NoSuchFile_IsNothing() => Assert.Null(ProcessorTime.Read([0], _root));

    [Theory]
    [InlineData(10, 18, 4, 0.8)] // 8 s of work on both, 4 of them this process's, in 5 s
    [InlineData(10, 14, 4, 0)]
    [InlineData(10, 13, 4, 0)] // the kernel's ticks are coarse
    public void OthersSince_AnEarlierMoment_IsWhatThisProcessDidNot(double before, double after, double own, double others)
    {
        var (earlier, later) = (new ProcessorTime(100, before, 1), new ProcessorTime(105, after, 1 + own));
        Assert.Equal(others, later.OthersSince(earlier), 1e-9);
    }

    [Fact]
    public void OthersSince_TheSameMoment_IsNone() => Assert.Equal(0, new ProcessorTime(5, 9, 1).OthersSince(new ProcessorTime(5, 1, 1)));

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
