using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>
/// <c>--variant NAME="OPTIONS"</c>: a row of a comparison that differs from its method by options of training, method and pictures, as a command line has them.
/// </summary>
internal sealed partial class VariantOption : Option<string[]>
{
    public VariantOption()
        : base("--variant")
    {
        Description =
            "One more row: a method with other options, as implant has them, such as --variant \"rank16=--rank 16 --targets attention,ff\"; ours, where no "
            + "--method is among them; repeatable.";
        HelpName = "NAME=OPTIONS";
        AllowMultipleArgumentsPerToken = false;
    }

    /// <summary>Reads variants.</summary>
    /// <param name="texts">What was given; null: nothing.</param>
    /// <returns>Their rows, in order.</returns>
    /// <exception cref="InvalidInputException">One can't be read, or is called as another row.</exception>
    public static IReadOnlyList<ComparedMethod> Read(IReadOnlyList<string>? texts)
    {
        var rows = (texts ?? []).Select(Read).ToList();
        var names = ComparedMethod.All.Select(method => method.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows.Where(row => !names.Add(row.Id)))
        {
            throw Refusal($"two rows are called {row.Id}", "Take another name.");
        }

        return rows;
    }

    private static ComparedMethod Read(string text)
    {
        var (name, rest) = text.Split('=', 2) is [var before, var after] ? (before.Trim(), after.Trim()) : (text.Trim(), "");
        if (!RowName().IsMatch(name) || rest.Length == 0)
        {
            throw Refusal($"\"{Wording.Cut(text, Wording.LongestItem)}\" is not NAME=OPTIONS", "Write it as in --variant \"rank16=--rank 16\".");
        }

        var change = VariantChange.Parse(rest);
        return new ComparedMethod(name, $"{change.BaseId} {rest}", change.Method) { Change = change };
    }

    /// <summary>A refusal.</summary>
    /// <param name="what">What is wrong, without a stop.</param>
    /// <param name="hint">The way out.</param>
    internal static InvalidInputException Refusal(string what, string hint) => new($"--variant: {what}.", "variant", hint);

    // As methods are called: it is a part of folders' names.
    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,31}$", RegexOptions.CultureInvariant)]
    private static partial Regex RowName();
}

/// <summary>What a variant changes.</summary>
internal sealed class VariantChange
{
    private static readonly RecipeOptions<TrainingOptions> s_training = new();
    private static readonly RecipeOptions<MethodOptions> s_method = new();
    private static readonly RecipeOptions<SampleOptions> s_samples = new();

    // What all rows must have in common: the same pictures of the same prompts.
    private static readonly string[] s_common = ["--prompt", "--samples"];

    private readonly ParseResult _parsed;

    private VariantChange(ParseResult parsed) => _parsed = parsed;

    /// <summary>The options of its method.</summary>
    public MethodOptions Method => s_method.Read(_parsed);

    /// <summary>The row that it differs from, and takes the tuned settings of.</summary>
    public string BaseId => ComparedMethod.All.First(method => !method.IsAblation && method.Options.Name == Method.Name).Id;

    /// <summary>Reads options.</summary>
    /// <param name="text">As a command line has them.</param>
    /// <exception cref="InvalidInputException">They can't be read.</exception>
    public static VariantChange Parse(string text)
    {
        var command = new Command("variant");
        s_training.AddTo(command);
        s_method.AddTo(command);
        s_samples.AddTo(command);
        var parsed = command.Parse(CommandLineParser.SplitCommandLine(text).ToList());
        if (parsed.Errors is [var first, ..])
        {
            throw VariantOption.Refusal($"\"{text}\": {first.Message.TrimEnd('.')}", "Take options of implant (oneshot implant --help).");
        }

        var common = parsed
            .CommandResult.Children.OfType<OptionResult>()
            .FirstOrDefault(one => one is { Implicit: false } && s_common.Contains(one.Option.Name));
        return common is null
            ? new VariantChange(parsed)
            : throw VariantOption.Refusal($"{common.Option.Name} is the same for all rows", "Give it to compare itself.");
    }

    /// <summary>The options with those of the variant in their places.</summary>
    /// <param name="options">The options of its method.</param>
    public ItemOptions Put(ItemOptions options) =>
        options with
        {
            Training = s_training.Put(options.Training with { }, _parsed),
            Method = s_method.Put(options.Method with { }, _parsed),
            Samples = s_samples.Put(options.Samples with { }, _parsed),
        };
}
