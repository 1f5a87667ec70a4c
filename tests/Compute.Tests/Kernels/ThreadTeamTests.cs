using OrleansOneShot.Compute.Kernels;

namespace OrleansOneShot.Compute.Tests.Kernels;

public sealed class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void Run_AnyNumberOfParts_DoesEachOnce(int parts)
    {
        var done = new int[parts];
        ThreadTeam.Run(2, parts, part => Interlocked.Increment(ref done[part]));
        Assert.All(done, d => Assert.Equal(1, d));
    }

    [Fact]
    public void Run_PartThatFails_ThrowsItsExceptionAfterTheOthers()
    {
        var done = 0;
        var error = Assert.ThrowsAny<Exception>(() =>
            ThreadTeam.Run(
                2,
                4,
                part =>
                {
                    if (part == 2)
                    {
                        throw new InvalidOperationException("part 2");
                    }

                    Interlocked.Increment(ref done);
                }
            )
        );
        Assert.Contains("part 2", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, done);
    }
}
