using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Compute.Tests.Implantation;

public sealed class SamplePromptsTests
{
    [Fact]
    public void Choose_NothingAsked_NamesEachObjectAloneAndAllTogether() =>
        Assert.Equal(
            [
                "a photo of <cup> on the beach",
                "a photo of <cup> in the snow",
                "a photo of <dog> on the beach",
                "a photo of <dog> in the snow",
                "a photo of <cup> and <dog> on the beach",
                "a photo of <cup> and <dog> in the snow",
            ],
            SamplePrompts.Choose([], ["<cup>", "<dog>"])
        );

    [Fact]
    public void Choose_Asked_TakesThose() => Assert.Equal(["x"], SamplePrompts.Choose(["x"], ["<cup>"]));

    [Fact]
    public void WithClassNames_TokensThatBeginAlike_AreToldApart()
    {
        ImplantationObject[] objects = [new("cat", "<cat>", []), new("kitten", "<cat-2>", [])];
        Assert.Equal("a kitten and a cat", SamplePrompts.WithClassNames("a <cat-2> and a <CAT>", objects));
    }

    [Theory]
    [InlineData("a <cat> on the beach", "01-a-cat-on-the-beach-2.png")]
    [InlineData("", "01-picture-2.png")]
    [InlineData("../../etc", "01-etc-2.png")]
    [InlineData("Ü", "01-picture-2.png")]
    public void FileName_AnyPrompt_IsPlain(string prompt, string expected) => Assert.Equal(expected, SamplePrompts.FileName(0, prompt, 2));

    [Fact]
    public void FileName_LongPrompt_IsCut() => Assert.InRange(SamplePrompts.FileName(0, new string('x', 1000), 0).Length, 10, 64);
}
