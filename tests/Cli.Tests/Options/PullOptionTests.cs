using System.CommandLine;
using OrleansOneShot.Cli.Options;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class PullOptionTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("--allow-pull", "*")]
    [InlineData("--allow-pull stabilityai/*", "stabilityai/*")]
    [InlineData("--allow-pull stabilityai/* openai/clip-vit-large-patch14", "stabilityai/* openai/clip-vit-large-patch14")]
    public void Resolve_WhatWasGiven_IsThePatterns(string given, string expected)
    {
        var (parsed, option) = Parse(given);
        Assert.Empty(parsed.Errors);
        Assert.Equal(expected, string.Join(' ', option.Resolve(parsed)));
    }

    [Theory]
    [InlineData("https://example.com/x")]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("a/")]
    public void Parse_WhatIsNoRepository_IsRefused(string pattern) =>
        Assert.Equal(
            $"--allow-pull is '{pattern}'; give OWNER/NAME, where * stands for any text.",
            Assert.Single(Parse($"--allow-pull {pattern}").Parsed.Errors).Message
        );

    private static (ParseResult Parsed, PullOption Option) Parse(string line)
    {
        var command = new Command("serve");
        var option = new PullOption();
        option.AddTo(command);
        return (command.Parse(line), option);
    }
}
