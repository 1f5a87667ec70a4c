using System.Text;
using OrleansOneShot.Cli.Evaluation;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Tests.Evaluation;

public sealed class PromptFileTests : IDisposable
{
    private static readonly string[] s_names = ["a.png", "b.png"];
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a cat\na dog\n")]
    [InlineData("\uFEFFa cat\r\n\r\na dog")]
    [InlineData("b.png\ta dog\na.png\t a cat \n")]
    [InlineData("{\"image\":\"b.png\",\"prompt\":\"a dog\"}\n\n{\"prompt\":\"a cat\",\"image\":\"a.png\",\"seed\":1}\n")]
    public void Read_EachForm_GivesEachPictureItsPrompt(string text) => Assert.Equal(["a cat", "a dog"], Read(text));

    [Fact]
    public void Read_OneLine_HoldsForAll() => Assert.Equal(["a cat", "a cat"], Read("a cat\n"));

    [Theory]
    [InlineData("", "no prompt")]
    [InlineData("a cat\na dog\nan owl\n", "3 prompts for 2 pictures")]
    [InlineData("a.png\ta cat\nc.png\ta dog\n", "Line 2")]
    [InlineData("a.png\ta cat\nb.png a dog\n", "Line 2")]
    [InlineData("a.png\ta cat\na.png\ta dog\n", "again")]
    [InlineData("a.png\ta cat\n", "no line for b.png")]
    [InlineData("{\"image\":\"a.png\"}", "Line 1")]
    [InlineData("{\"image\":\"a.png\",\"prompt\":\"x\"}\n{]", "Line 2")]
    public void Read_WrongFile_SaysWhereAndWhat(string text, string part)
    {
        var error = Assert.Throws<InvalidInputException>(() => Read(text));
        Assert.Equal("prompts", error.Field);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void Read_NoTextOrNoFile_IsRefused()
    {
        Assert.Contains("UTF-8", Assert.Throws<InvalidInputException>(() => Read([0xff, 0xfe, 0x00])).Message, StringComparison.Ordinal);
        var error = Assert.Throws<InvalidInputException>(() => PromptFile.Read(_folder["none.txt"], s_names));
        Assert.Contains("does not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("folder", Assert.Throws<InvalidInputException>(() => PromptFile.Read(_folder.Root, s_names)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a photo of <cat> in the snow", null, "a photo of cat in the snow")]
    [InlineData("<dog-2> and <red-panda>", null, "dog and red panda")]
    [InlineData("a <sks> here", "cat", "a cat here")]
    [InlineData("a cat <lora:x:0.8>", "dog", "a cat <lora:x:0.8>")]
    public void WithClassName_Identifiers_BecomeWords(string prompt, string? className, string expected) =>
        Assert.Equal(expected, PromptFile.WithClassName(prompt, className));

    private IReadOnlyList<string> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private IReadOnlyList<string> Read(byte[] bytes) => PromptFile.Read(_folder.Write("prompts.txt", bytes), s_names);
}
