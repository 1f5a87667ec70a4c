using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--fan-out</c>: where the terms of a step are evaluated.</summary>
internal sealed class FanOutOption : Option<FanOutOptions>
{
    private const string PeriodicPrefix = "periodic:";

    /// <summary>Creates the option.</summary>
    public FanOutOption()
        : base("--fan-out")
    {
        Description = "Where the terms of a step are evaluated: on this job's slot, on several silos each step, or on each silo for N steps between averages of the weights "
            + "(another algorithm); auto measures, and takes local or synchronous.";
        HelpName = "auto|local|synchronous|periodic:N";
        Arity = ArgumentArity.ExactlyOne;
        DefaultValueFactory = _ => new FanOutOptions();
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            var options = Read(text);
            if (options is null)
            {
                result.AddError($"--fan-out must be auto, local, synchronous or periodic:N with N from 1 to {FanOutOptions.MaxPeriod}, but is '{text}'.");
            }

            return options;
        };
    }

    /// <summary>Reads the option's text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The options; null if it can't be read.</returns>
    internal static FanOutOptions? Read(string text) => text switch
    {
        "auto" => new FanOutOptions(),
        "local" => new FanOutOptions { Mode = FanOutMode.Local },
        "synchronous" => new FanOutOptions { Mode = FanOutMode.Synchronous },
        _ when text.StartsWith(PeriodicPrefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(PeriodicPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var period) && period is >= 1 and <= FanOutOptions.MaxPeriod
            => new FanOutOptions { Mode = FanOutMode.Periodic, Period = period },
        _ => null,
    };
}
