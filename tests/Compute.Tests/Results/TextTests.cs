using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

/// <summary>Text from outside in Markdown and in Python.</summary>
public sealed class TextTests
{
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
