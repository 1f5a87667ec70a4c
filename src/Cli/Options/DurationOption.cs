using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Options;

/// <summary>An option that takes a time, such as 90s, 10m or 2h.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    private static readonly TimeSpan s_most = TimeSpan.FromDays(7);

    /// <summary>Creates the option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="least">Shortest time.</param>
    /// <param name="bare">What the option alone means; null: it needs a time.</param>
    public DurationOption(string name, string description, TimeSpan least, TimeSpan? bare = null)
        : base(name)
    {
        Description = description;
        HelpName = "DURATION";
        Arity = bare is null ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne;
        CustomParser = result => Parse(result, name, least, bare);
    }

    private static TimeSpan? Parse(ArgumentResult result, string name, TimeSpan least, TimeSpan? bare)
    {
        if (result.Tokens.Count == 0)
        {
            return bare;
        }

        var text = result.Tokens[0].Value;
        if (Read(text) is { } time && time >= least && time <= s_most)
        {
            return time;
        }

        result.AddError($"{name} must be a time from {Wording.Duration(least)} to {Wording.Duration(s_most)}, such as 90s, 10m or 2h, but is '{text}'.");
        return null;
    }

    private static TimeSpan? Read(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return text == "0" ? TimeSpan.Zero : null;
        }

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
    }
}
