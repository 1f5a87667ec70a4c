using OrleansOneShot.Cli.Comparison;

namespace OrleansOneShot.Cli.Tests.Comparison;

public sealed class ComparisonRunsTests
{
    [Theory]
    [InlineData("", "a b", "a b", false, "nothing was begun")]
    [InlineData("a b", "a b", "a b", true, "the same command")]
    [InlineData("a b", "a b", "b", true, "the same command, a part done")]
    [InlineData("b", "a b", "b", true, "the rest of an earlier one")]
    [InlineData("a b", "a b c", "b c", false, "one more row")]
    [InlineData("a b c", "a b", "b", false, "a row is not asked for any more, and would be trained for nobody")]
    public void GoesOn_RunThatWasBegun_IsTakenOnlyIfItHasJustWhatIsMissing(string begun, string wanted, string missing, bool expected, string why) =>
        Assert.True(ComparisonRuns.GoesOn(Lines(begun), Lines(wanted), Lines(missing)) == expected, why);

    private static string[] Lines(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
