using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Tests.Tokenization;

public sealed class ClassWordsTests
{
    [Theory]
    [InlineData("<cat>", "cat")]
    [InlineData("<dog-2>", "dog")]
    [InlineData("<teddy-bear>", "teddy bear")]
    [InlineData("<teddy_bear-12>", "teddy bear")]
    public void Of_Identifier_IsTheWordBetweenItsBrackets(string identifier, string expected) => Assert.Equal(expected, ClassWords.Of(identifier));

    [Theory]
    [InlineData("a <cat> and <CAT-2>", "a kitten and lion")]
    [InlineData("a <dog>", "a <dog>")]
    [InlineData("no one", "no one")]
    public void InPlaceOf_Identifiers_TakesTheLongestFirstAndLeavesOthers(string prompt, string expected) =>
        Assert.Equal(expected, ClassWords.InPlaceOf(prompt, new Dictionary<string, string> { ["<cat>"] = "kitten", ["<cat-2>"] = "lion" }));

    [Theory]
    [InlineData(null, "a cat and teddy bear")]
    [InlineData("thing", "a thing and thing")]
    public void InPlaceOfAll_Prompt_LeavesNoIdentifier(string? className, string expected) =>
        Assert.Equal(expected, ClassWords.InPlaceOfAll("a <cat> and <teddy-bear-2>", className));
}
