using System.CommandLine;
using System.Text.RegularExpressions;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--device</c> and <c>--precision</c>.</summary>
internal static partial class DeviceOptions
{
    /// <summary><c>--device auto|cpu|cuda:N</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<string> Device()
    {
        var option = new Option<string>("--device") { Description = "auto, cpu or cuda:N.", HelpName = "DEVICE", DefaultValueFactory = _ => "auto" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !Form().IsMatch(result.Tokens[0].Value))
            {
                result.AddError($"--device must be auto, cpu or cuda:N, but is '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    /// <summary><c>--precision auto|fp32|bf16</c>.</summary>
    /// <returns>The option.</returns>
    public static Option<string> Precision() =>
        new ChoiceOption("--precision", "What the frozen weights compute in; auto measures once which is faster on this machine.", "auto", "fp32", "bf16");

    [GeneratedRegex(@"\A(auto|cpu|cuda(:[0-9]{1,2})?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
