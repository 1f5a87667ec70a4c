using OrleansOneShot.Cli.Options;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class TargetsOptionTests
{
    [Theory]
    [InlineData("attention", "attention")]
    [InlineData("cross", "cross")]
    [InlineData("cross,conv,ff", "cross,ff,conv")]
    [InlineData("attention,ff,proj_in,proj_out", "transformer")]
    [InlineData("transformer,conv", "transformer,conv")]
    [InlineData("attention,ff,proj_in,proj_out,conv,time_emb_proj", "all")]
    public void WordsOf_Layers_AreTheFewestThatReadAsThem(string text, string words)
    {
        var layers = TargetsOption.Read(text)!;

        Assert.Equal(words, TargetsOption.WordsOf(layers));
        Assert.Equal(layers, TargetsOption.Read(words));
    }
}
