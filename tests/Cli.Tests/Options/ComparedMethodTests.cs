using OrleansOneShot.Cli.Options;
using OrleansOneShot.Compute;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class ComparedMethodTests
{
    [Fact]
    public void Parse_All_IsEveryMethodAndTheAblationsOfThePaper()
    {
        var all = ComparedMethod.Parse("all");

        Assert.Equal(Enum.GetValues<TrainingMethod>(), all.Where(method => !method.IsAblation).Select(method => method.Options.Name));
        Assert.Equal(["fig. 5", "fig. 7", "fig. 8"], all.Where(method => method.IsAblation).Select(method => method.Figure));
        Assert.All(all, method => Assert.Empty(MethodRules.Find(method.Options, new TrainingOptions())));
        Assert.False(all.Single(method => method.Figure == "fig. 5").Options.Prototype);
        Assert.False(all.Single(method => method.Figure == "fig. 7").Options.ClassLoss);
        Assert.False(all.Single(method => method.Figure == "fig. 8").Options.ObjectLoss);
    }

    [Fact]
    public void Parse_Names_AreRowsInTheOrderOfTablesEachOnce() =>
        Assert.Equal(["ours", "lora", "ours-no-prototype"], ComparedMethod.Parse("ours-no-prototype, lora,ours,lora").Select(method => method.Id));

    [Theory]
    [InlineData("ours,dreamboth", "dreamboth is none. Did you mean dreambooth?")]
    [InlineData("lora", "lacks ours")]
    [InlineData(",", "lacks ours")]
    public void Parse_WhatIsNoComparison_IsRefused(string text, string part)
    {
        var refused = Assert.Throws<InvalidInputException>(() => ComparedMethod.Parse(text));

        Assert.Equal("methods", refused.Field);
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }
}
