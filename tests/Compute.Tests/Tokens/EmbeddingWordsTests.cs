using OrleansOneShot.Compute.Tokens;

namespace OrleansOneShot.Compute.Tests.Tokens;

public sealed class EmbeddingWordsTests
{
    [Theory]
    [InlineData("cat", "<cat>", "oneshot-cat")]
    [InlineData("CAT", "<cat>", "oneshot-cat")]
    [InlineData("rex", "<cat>", "oneshot-cat-rex")]
    [InlineData("fox-ball", "<fox> <ball>", "oneshot-fox oneshot-ball")]
    [InlineData("fox", "<fox> <ball>", "oneshot-fox oneshot-ball")]
    [InlineData("scene", "<fox> <ball>", "oneshot-fox-scene oneshot-ball-scene")]
    [InlineData("dog-dog-2", "<dog> <dog-2>", "oneshot-dog oneshot-dog-2")]
    [InlineData("x", "<Dog> <dog> <dog-2>", "oneshot-Dog-x oneshot-dog-x-2 oneshot-dog-2-x")]
    [InlineData("dog", "<Dog> <dog> <dog-2>", "oneshot-Dog oneshot-dog-2 oneshot-dog-2-2")]
    [InlineData("", "<cat>", "oneshot-cat")]
    public void Choose_NameAndTokens_GivesWordsThatDontCollide(string name, string tokens, string words) =>
        Assert.Equal(words.Split(' '), EmbeddingWords.Choose(name, tokens.Split(' ')));

    [Fact]
    public void Choose_NameThatWasCut_IsStillMadeOfTheTokens()
    {
        string[] tokens = [$"<{new string('a', 30)}>", $"<{new string('b', 30)}>", "<cat>"];
        var name = $"{new string('a', 30)}-{new string('b', 30)}-cat"[..64];
        Assert.Equal("oneshot-cat", EmbeddingWords.Choose(name, tokens)[2]);
    }
}
