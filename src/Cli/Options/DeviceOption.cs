using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--device auto|cpu|cuda:N</c>.</summary>
internal sealed class DeviceOption : Option<string>
{
    /// <summary>Creates the option.</summary>
    /// <param name="attribute">Its name and words.</param>
    /// <param name="standard">The device where none is given.</param>
    public DeviceOption(OptionAttribute attribute, string standard)
        : base(attribute.Name)
    {
        Description = attribute.Help;
        HelpName = attribute.Form;
        DefaultValueFactory = _ => standard;
        Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Devices.Read(result.Tokens[0].Value) is null)
            {
                result.AddError($"{Name} must be {Devices.Auto}, {Devices.Cpu} or cuda:N, but is '{result.Tokens[0].Value}'.");
            }
        });
    }
}
