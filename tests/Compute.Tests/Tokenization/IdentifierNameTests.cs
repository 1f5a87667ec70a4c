using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Tests.Tokenization;

public sealed class IdentifierNameTests
{
    [Theory]
    [InlineData("Teddy Bear", "<teddy-bear>")]
    [InlineData("köttchen", "<koettchen>")]
    [InlineData("ko\u0308ttchen", "<koettchen>")]
    [InlineData("ÄÖÜäöüß", "<aeoeueaeoeuess>")]
    [InlineData("naïve Zoë", "<naive-zoe>")]
    [InlineData("smørrebrød", "<smorrebrod>")]
    [InlineData("łódź", "<lodz>")]
    [InlineData("đà điểu", "<da-dieu>")]
    [InlineData("ræv cœur ıspanak þorn ðura", "<raev-coeur-ispanak-thorn-dura>")]
    [InlineData("o'neil", "<oneil>")]
    [InlineData("猫 cat", "<cat>")]
    [InlineData("猫", null)]
    [InlineData("кот", null)]
    [InlineData("🐱", null)]
    [InlineData("--", null)]
    public void Of_Name_IsAsciiOrNothing(string name, string? expected)
    {
        Assert.Equal(expected, IdentifierName.Of(name));
        if (expected is not null)
        {
            LearnedToken.Validate(expected);
        }
    }

    [Fact]
    public void Of_LongName_IsAnIdentifierAllTheSame() => LearnedToken.Validate(IdentifierName.Of("a very long name of a very old teddy bear")!);

    [Theory]
    [InlineData("Teddy Bear", "<teddy-bear>", true)]
    [InlineData("köttchen", "<koettchen>", false)]
    [InlineData("o'neil", "<oneil>", false)]
    public void Spells_NameAndToken_ComparesLetters(string name, string token, bool expected) => Assert.Equal(expected, IdentifierName.Spells(name, token));

    [Fact]
    public void Validate_NameOfOtherLetters_SuggestsAnIdentifier() =>
        Assert.Equal("Use \"<koettchen>\", for example.", Assert.Throws<InvalidInputException>(() => LearnedToken.Validate("<köttchen>")).Hint);

    [Fact]
    public void Validate_LongNameOfEmoji_CutsNoneInHalf() =>
        Assert.DoesNotContain(
            '\uFFFD',
            System.Text.Encoding.UTF8.GetString(
                System.Text.Encoding.UTF8.GetBytes(
                    Assert.Throws<InvalidInputException>(() => LearnedToken.Validate("x" + string.Concat(Enumerable.Repeat("🐱", 40)))).Message
                )
            )
        );
}
