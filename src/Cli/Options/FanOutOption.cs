using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--fan-out</c>: where the terms of a step are evaluated.</summary>
internal sealed class FanOutOption : Option<FanOutOptions>
{
    /// <summary>Creates the option.</summary>
    /// <param name="attribute">Its name and words.</param>
    public FanOutOption(OptionAttribute attribute)
        : base(attribute.Name)
    {
        Description = attribute.Help;
        HelpName = attribute.Form;
        Arity = ArgumentArity.ExactlyOne;
        DefaultValueFactory = _ => new FanOutOptions();
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            var options = FanOutOptions.Read(text);
            if (options is null)
            {
                result.AddError($"{Name} must be auto, local, synchronous or periodic:N with N from 1 to {FanOutOptions.MaxPeriod}, but is '{text}'.");
            }

            return options;
        };
    }
}
