using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

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
    public static Option<long?> Whole(string name, long minimum, long maximum, string description, long? defaultValue = null)
    {
        var option = new Option<long?>(name)
        {
            Description = description,
            HelpName = "N",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var text = Text(result);
                if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
                {
                    return value;
                }

                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {minimum} to {maximum}, but is '{text}'."));
                return null;
            },
        };
        if (defaultValue is not null)
        {
            option.DefaultValueFactory = _ => defaultValue;
        }

        return option;
    }

    /// <summary>A real number.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="accepts">Whether a finite value is allowed.</param>
    /// <param name="limits">The limits in words, such as "above 0 and at most 1".</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">The value when it is not given; null leaves that open.</param>
    /// <returns>The option.</returns>
    public static Option<double?> Real(string name, Func<double, bool> accepts, string limits, string description, double? defaultValue = null)
    {
        var option = new Option<double?>(name)
        {
            Description = description,
            HelpName = "X",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var text = Text(result);
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && accepts(value))
                {
                    return value;
                }

                result.AddError($"{name} must be a number {limits}, but is '{text}'.");
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
