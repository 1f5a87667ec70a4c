using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>Every option of every command, given without a value or with a folder in place of a file.</summary>
public sealed class NamedValuesTests : IDisposable
{
    private static readonly RootCommand s_root = OneShotApp.BuildRoot(new CliStreams(TextWriter.Null, TextWriter.Null, Interactive: false));

    private readonly TestFolder _folder = new();

    public static TheoryData<string, string> Options =>
        [.. Below(s_root, []).SelectMany(found => found.Command.Options.Where(NamedValues.TakesValue).Select(option => (found.Path, option.Name)))];

    public static TheoryData<string, string> Arguments =>
        [.. Below(s_root, []).SelectMany(found => found.Command.Arguments.Select(argument => (found.Path, argument.Name)))];

    [Theory]
    [MemberData(nameof(Options))]
    public async Task Option_Empty_IsToldByItsName(string command, string option)
    {
        foreach (var value in new[] { "", "  " })
        {
            var run = await CliRun.RunAsync([.. command.Split(' '), option, value]);

            Assert.Equal(2, run.ExitCode);
            Assert.StartsWith(option, run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("defect", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task Argument_Empty_IsTold(string command, string argument)
    {
        var run = await CliRun.RunAsync([.. command.Split(' '), ""]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(argument == "ID" ? "''" : $"{argument} is empty", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ThatMayBeEmpty_AreThePromptsAlone() =>
        Assert.Equal(
            ["--negative", "--prompt"],
            Below(s_root, [])
                .SelectMany(found => found.Command.Options)
                .Where(option => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && !NamedValues.TakesValue(option))
                .Select(option => option.Name)
                .Distinct()
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task Data_IsAFile_IsToldByEveryCommand()
    {
        var file = _folder.Write("file", [1]);
        foreach (var (command, path) in Below(s_root, []).Where(found => found.Command.Options.OfType<DataOption>().Any()))
        {
            var run = await CliRun.RunAsync([.. path.Split(' '), "--data", file, "--format", "json"]);

            Assert.Equal(2, run.ExitCode);
            Assert.Contains(
                command.Options.Any(option => option.Required) || command.Arguments.Count > 0 ? "" : $"--data {file}: {file} is a file, not a folder.",
                run.Error,
                StringComparison.Ordinal
            );
        }
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<(Command Command, string Path)> Below(Command command, string[] path)
    {
        if (path.Length > 0 && command.Subcommands.Count == 0)
        {
            yield return (command, string.Join(' ', path));
        }

        foreach (var found in command.Subcommands.SelectMany(below => Below(below, [.. path, below.Name])))
        {
            yield return found;
        }
    }
}
