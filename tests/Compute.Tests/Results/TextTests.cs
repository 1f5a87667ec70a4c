using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

/// <summary>Text from outside in Markdown and in Python, and what documents say alike.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData(0.614, 0.508, "like this cat: 0.61; any cat: 0.51", "are nearer to this cat than")]
    [InlineData(0.53, 0.51, "like this cat: 0.53; any cat: 0.51", "are about as near to this cat as")]
    [InlineData(0.49, 0.51, "like this cat: 0.49; any cat: 0.51", "are about as near to this cat as")]
    [InlineData(0.4, 0.51, "like this cat: 0.40; any cat: 0.51", "are farther from this cat than")]
    [InlineData(0.4, null, "like this cat: 0.40", null)]
    [InlineData(null, 0.4, null, null)]
    public void Likeness_Measured_IsSaidInWords(double? like, double? plain, string? likeness, string? verdict)
    {
        var one = Summaries.Cat.Objects[0] with { Likeness = like, PlainLikeness = plain };
        Assert.Equal(likeness, ResultWords.Likeness(one));
        Assert.Equal(verdict is not null, ResultWords.Verdict(one) is not null);
        Assert.Contains(verdict ?? "", ResultWords.Verdict(one) ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void With_TokensWithinEachOther_AreEachReplacedByTheirOwn()
    {
        var cat = Summaries.Cat.Objects[0];
        var summary = Summaries.Cat with { Objects = [cat, cat with { Token = "<cat-2>", Word = "oneshot-cat-2" }] };
        Assert.Equal("a oneshot-cat-2 and a oneshot-cat", ResultWords.With("a <cat-2> and a <CAT>", summary, one => one.Word));
    }

    [Theory]
    [InlineData("teddy bear", "teddy bear")]
    [InlineData("*a* _b_ [c](d) <e>", "\\*a\\* \\_b_ \\[c\\]\\(d\\) \\<e\\>")]
    [InlineData("conv_in-2", "conv_in-2")]
    [InlineData("a\nb", "a b")]
    public void Escape_Text_HasNoMeaningOfItsOwn(string text, string escaped) => Assert.Equal(escaped, Markdown.Escape(text));

    [Theory]
    [InlineData("<cat>", "`<cat>`")]
    [InlineData("a`b", "``a`b``")]
    [InlineData("`a", "`` `a ``")]
    public void Code_Text_IsFencedByMoreThanItHolds(string text, string code) => Assert.Equal(code, Markdown.Code(text));

    [Fact]
    public void Block_TextWithAFence_HasALongerOne() => Assert.Equal("````text\n```\nx\n````\n", Markdown.Block("text", "```\nx"));

    [Theory]
    [InlineData("a <cat>", "\"a <cat>\"")]
    [InlineData("\"\\'", "\"\\\"\\\\'\"")]
    [InlineData("a\n\0\u2028é😀", "\"a\\u000a\\u0000\\u2028é😀\"")]
    public void Literal_Text_IsOnePythonString(string text, string literal) => Assert.Equal(literal, PythonText.Literal(text));
}
