using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Tests.Tokenization;

public sealed class PromptCheckTests
{
    private readonly PromptCheck _check = new(["<koettchen>", "<teddy-bear>", "easynegative"]);

    [Theory]
    [InlineData("a <koettchen> and <Teddy-Bear>_1 on the beach")]
    [InlineData("a<koettchen>s")]
    [InlineData("i <3 cats, a < b and c > d, <|endoftext|> <>")]
    [InlineData("<easynegative>, easynegative (with a hat), 16:9")]
    [InlineData("")]
    public void Check_WhatIsKnown_SaysNothing(string prompt)
    {
        var read = _check.Check(prompt);

        Assert.Equal((prompt, 0, null, null), (read.Prompt, read.Notes.Count, read.Foreign, read.Problem));
    }

    [Theory]
    [InlineData("a <köttchen>", "a <koettchen>", "The prompt \"a <köttchen>\": <köttchen> was read as <koettchen>.")]
    [InlineData("a <KO\u0308TTCHEN>", "a <koettchen>", "The prompt \"a <KO\u0308TTCHEN>\": <KO\u0308TTCHEN> was read as <koettchen>.")]
    [InlineData("<teddy bear>", "<teddy-bear>", "The prompt \"<teddy bear>\": <teddy bear> was read as <teddy-bear>.")]
    public void Check_OtherLettersOfAnIdentifier_AreReadAsIt(string prompt, string meant, string note)
    {
        var read = _check.Check(prompt);

        Assert.Equal((meant, null), (read.Prompt, read.Problem));
        Assert.Equal([note], read.Notes);
    }

    [Theory]
    [InlineData("a <kttchn>", "<kttchn>", "Did you mean <koettchen>?")]
    [InlineData("a <koetchen>", "<koetchen>", "Did you mean <koettchen>?")]
    [InlineData("a <teddybear>", "<teddybear>", "Did you mean <teddy-bear>?")]
    [InlineData("a <dog> here", "<dog>", "There are <koettchen>, <teddy-bear>.")]
    [InlineData("a <猫>", "<猫>", "There are <koettchen>, <teddy-bear>.")]
    [InlineData("a <🐱>", "<🐱>", "There are <koettchen>, <teddy-bear>.")]
    public void Check_UnknownIdentifier_IsToldWithTheNearest(string prompt, string told, string hint)
    {
        var problem = _check.Check(prompt).Problem!;

        Assert.Equal(($"The prompt \"{prompt}\": {told} is no identifier of a learned object.", hint), (problem.Message, problem.Hint));
    }

    [Fact]
    public void Check_IdentifierWithoutAnyObject_SaysHowToGetOne() =>
        Assert.Contains("--implantation", new PromptCheck([]).Check("a <cat>").Problem!.Hint, StringComparison.Ordinal);

    [Theory]
    [InlineData("a cat <lora:cat-v1:0.8>", "--lora cat-v1.safetensors:0.8.")]
    [InlineData("a cat <lora:cat>", "--lora cat.safetensors.")]
    [InlineData("a cat <lyco:cat:unet=0.5:te=1>", "--lora cat.safetensors:0.5.")]
    [InlineData("a cat <hypernet:cat:1>", "hypernetworks are not read")]
    public void Check_NetworkOfAWebInterface_NamesTheOption(string prompt, string hint) =>
        Assert.Contains(hint, _check.Check(prompt).Problem!.Hint, StringComparison.Ordinal);

    [Theory]
    [InlineData("a (cat:1.2) in snow", "(cat:1.2) is how")]
    [InlineData("((cat)) and [[dog]]", "((cat)), [[dog]] are how")]
    [InlineData("a [cat:dog:0.5]", "[cat:dog:0.5] is how")]
    [InlineData("a {red|blue} hat BREAK snow", "{red|blue}, BREAK are how")]
    public void Check_SignsOfWebInterfaces_AreTold(string prompt, string told)
    {
        var read = _check.Check(prompt);

        Assert.Contains(told, read.Foreign, StringComparison.Ordinal);
        Assert.Equal((prompt, null), (read.Prompt, read.Problem));
    }

    [Fact]
    public void Warnings_OfARequest_SayAllOfIt() =>
        Assert.Equal(
            [
                "The prompt \"a <köttchen>\" names an identifier by other letters than its own: \"a <koettchen>\" would be it.",
                "The prompt \"a <kttchn>\": <kttchn> is no identifier of a learned object. Did you mean <koettchen>?",
                "The prompt \"(cat:2)\": (cat:2) is how web interfaces write weights and parts of prompts; here it is read as plain words and punctuation.",
            ],
            _check.Warnings(["a <köttchen>", "a <kttchn>", "a <koettchen>", "(cat:2)"])
        );
}
