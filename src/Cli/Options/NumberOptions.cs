using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>
/// Options that take a number within limits. The parser states the limits, so that every violation ends the same way, before anything else is looked at.
/// </summary>
internal static class NumberOptions
{
    /// <summary>A whole number.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">The value when it is not given; null leaves that open.</param>
    /// <returns>The option.</returns>
    public static Option<long?> Whole(string name, long minimum, long maximum, string description, long? defaultValue = null) =>
        Whole(name, minimum, maximum, description, defaultValue, zeroWord: null);

    private static Option<long?> Whole(string name, long minimum, long maximum, string description, long? defaultValue, string? zeroWord) =>
        Create<long>(
            name,
            zeroWord is null ? "N" : $"N|{zeroWord}",
            description,
            defaultValue,
            text =>
                text == zeroWord ? 0
                : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
                    ? value
                : null,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}{(zeroWord is null ? "" : $", or {zeroWord}")}")
        );

    /// <summary>A whole number of Recipe, with the name, the words and the limits that it states.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="defaultValue">The value when it is not given; null leaves that open.</param>
    /// <returns>The option.</returns>
    public static Option<long?> Whole(Setting setting, long? defaultValue) =>
        Whole(
            setting.Option!.Name,
            setting.Range!.Least.ToInt64(null),
            setting.Range.Most.ToInt64(null),
            setting.Option.Help,
            defaultValue,
            setting.Option.ZeroWord
        );

    /// <summary>A real number.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="accepts">Whether a finite value is allowed.</param>
    /// <param name="limits">The limits in words, such as "above 0 and at most 1".</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">The value when it is not given; null leaves that open.</param>
    /// <returns>The option.</returns>
    public static Option<double?> Real(string name, Func<double, bool> accepts, string limits, string description, double? defaultValue = null) =>
        Create<double>(
            name,
            "X",
            description,
            defaultValue,
            text =>
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && accepts(value)
                    ? value
                    : null,
            $"a number {limits}"
        );

    private static Option<T?> Create<T>(string name, string form, string description, T? defaultValue, Func<string, T?> read, string rule)
        where T : struct
    {
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = form,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var text = Text(result);
                if (read(text) is { } value)
                {
                    return value;
                }

                result.AddError($"{name} must be {rule}, but is '{text}'.");
                return null;
            },
        };
        if (defaultValue is not null)
        {
            option.DefaultValueFactory = _ => defaultValue;
        }

        return option;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
}
