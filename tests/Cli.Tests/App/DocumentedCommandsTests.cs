using System.CommandLine;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Tests.App;

/// <summary>What README and docs tell people to type is understood: a renamed option or command shows here.</summary>
public sealed class DocumentedCommandsTests
{
    private static readonly RootCommand s_root = OneShotApp.BuildRoot(new CliStreams(TextWriter.Null, TextWriter.Null, Interactive: false));

    public static TheoryData<string, string> Commands =>
        [.. DocumentedCommands.InBlocks().Select(command => (command.Place, string.Join('\n', command.Words)))];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Parse_CommandOfADocument_IsUnderstood(string place, string words)
    {
        var command = new DocumentedCommand(place, words.Split('\n'));
        var parsed = s_root.Parse([.. command.Words.Where(word => word != "...")]);

        // Of a shortened one only what is missing may be wrong.
        Assert.Empty(parsed.UnmatchedTokens);
        if (!command.IsShortened)
        {
            Assert.Empty(parsed.Errors.Select(error => error.Message));
        }
    }

    [Fact]
    public void Options_InSentences_Exist()
    {
        var known = All(s_root)
            .SelectMany(command => command.Options)
            .SelectMany(option => option.Aliases.Append(option.Name))
            .ToHashSet(StringComparer.Ordinal);
        var named = DocumentedCommands.InSentences().ToList();

        Assert.True(named.Count > 30, $"{named.Count} options were found in sentences; there are more.");
        Assert.DoesNotContain(named, option => !known.Contains(option.Option));
    }

    [Fact]
    public void InBlocks_OfAllDocuments_AreMany() => Assert.True(DocumentedCommands.InBlocks().Count() > 30);

    [Theory]
    [InlineData("generate", "--prompt", "a cat", "--no-such-option", "5", "--out", "o")]
    [InlineData("generate", "--prompt", "a cat", "a dog", "--out", "o")]
    [InlineData("implant", "--image", "a.png", "--mask", "b.png", "--class", "cat", "--prompt", "a <cat>", "--no-such-option", "5")]
    [InlineData("implant", "--image", "a.png", "--mask", "b.png", "--class", "cat", "--metadata", "a=b", "--no-such-option", "5")]
    [InlineData("implant", "--image", "a.png", "--object", "mask=b.png,class=cat", "--no-such-option")]
    public void Parse_OptionThatIsNot_IsRefused(params string[] words) => Assert.NotEmpty(s_root.Parse(words).Errors);

    [Fact]
    public async Task Help_OfAllCommands_ShowsDefaultsAsTheyAreTyped()
    {
        foreach (var command in All(s_root))
        {
            using var output = new StringWriter();
            await command.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken);

            // As records and arrays show themselves.
            Assert.DoesNotMatch(@"default: \w* ?\{|default: System\.|default: OrleansOneShot\.", output.ToString());
        }
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
