using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>
/// Every setting of Recipe is an option: parsed to its value, refused beyond its limits as the silo refuses it, and told of in <c>--help</c>.
/// </summary>
public sealed class SettingOptionTests
{
    private static readonly Row[] s_table =
    [
        .. Of<TrainingOptions>("implant"),
        .. Of<MethodOptions>("implant"),
        .. Of<SampleOptions>("implant"),
        .. Of<GenerationOptions>("generate"),
    ];

    public static TheoryData<int, string> Rows => [.. s_table.Select((row, i) => (i, $"{row.Command} {row.Other}"))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Parse_OtherValue_IsTheSettings(int row, string text)
    {
        _ = text;
        var (_, other, parse, read) = s_table[row];
        Assert.Equal(other.Value, other.Setting.Property.GetValue(read(parse(Arguments(other, other.Text)))));
        Assert.NotEqual(other.Value, other.Setting.Property.GetValue(read(parse([]))));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Parse_EndsAndBeyond_AreJudgedAsTheSiloDoes(int row, string text)
    {
        _ = text;
        var (_, other, parse, read) = s_table[row];
        if (other.Setting.Range is not { } range)
        {
            return;
        }

        var whole = other.Setting.ValueType != typeof(double);
        foreach (var (value, accepted) in Ends(range, whole))
        {
            var shown = string.Create(CultureInfo.InvariantCulture, $"{value}");
            var parsed = parse(Arguments(other, shown));
            Assert.Equal(accepted, parsed.Errors.Count == 0);
            if (accepted)
            {
                Assert.Equal([], SettingRules.Find("", read(parsed)));
            }
            else
            {
                var option = other.Setting.Option!;
                var zero = option.ZeroWord is { } word ? $", or {word}" : "";
                Assert.Equal(
                    $"{option.Name} must be a {(whole ? "whole " : "")}number {range.Words}{zero}, but is '{shown}'.",
                    Assert.Single(parsed.Errors).Message
                );
                Assert.False(range.Holds(value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Help_Setting_IsTold(int row, string text)
    {
        _ = text;
        var (command, other, _, _) = s_table[row];
        var run = await CliRun.RunAsync([command, "--help"]);
        var help = string.Join(' ', run.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($" {other.Setting.Option!.Name} ", help, StringComparison.Ordinal);
        Assert.Contains(
            string.Join(' ', other.Setting.Option.Help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            help,
            StringComparison.Ordinal
        );
    }

    private static string[] Arguments(OtherSetting other, string value) =>
        other.Value is bool ? [other.Setting.Option!.Name] : [other.Setting.Option!.Name, value];

    private static IEnumerable<(object Value, bool Accepted)> Ends(SettingRange range, bool whole) =>
        whole
            ? [(range.Least, true), (range.Most, true), ((decimal)range.Least.ToInt64(null) - 1, false), ((decimal)range.Most.ToInt64(null) + 1, false)]
            :
            [
                (range.IsAbove ? double.Epsilon : range.Least, true),
                (range.Most, true),
                (double.NaN, false),
                (double.PositiveInfinity, false),
                (range.IsAbove ? range.Least : Math.BitDecrement(range.Least.ToDouble(null)), false),
                (Math.BitIncrement(range.Most.ToDouble(null)), false),
            ];

    private static IEnumerable<Row> Of<T>(string command)
        where T : class, new()
    {
        var options = new RecipeOptions<T>();
        return OtherSetting.All<T>().Select(other => new Row(command, other, Parse, parsed => options.Read(parsed)));

        ParseResult Parse(string[] arguments)
        {
            var test = new Command("test");
            options.AddTo(test);
            return test.Parse(arguments);
        }
    }

    private sealed record Row(string Command, OtherSetting Other, Func<string[], ParseResult> Parse, Func<ParseResult, object> Read);
}
