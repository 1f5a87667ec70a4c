namespace OrleansOneShot.Common.Tests;

public sealed class NearestWordTests
{
    [Theory]
    [InlineData("stepz", "steps")]
    [InlineData("Imge", "image")]
    [InlineData("promts", "prompts")]
    public void Of_AWordWithAMistake_IsThatWord(string text, string word) => Assert.Equal(word, NearestWord.Of(text, ["image", "prompts", "steps"]));

    [Theory]
    [InlineData("colour")]
    [InlineData("id")]
    [InlineData("")]
    public void Of_SomethingElse_IsNone(string text) => Assert.Null(NearestWord.Of(text, ["image", "prompts", "steps"]));

    [Fact]
    public void Of_NoWords_IsNone() => Assert.Null(NearestWord.Of("steps", []));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("CAT", "cat", 0)]
    public void Distance_OfTwoTexts_IsTheNumberOfChanges(string first, string second, int changes) =>
        Assert.Equal(changes, NearestWord.Distance(first, second));
}
