using System.CommandLine;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models</c>.</summary>
internal sealed class ModelsCommand : Command
{
    public ModelsCommand(CliStreams streams)
        : base("models", "Lists, checks, fetches, sends and converts base models.")
    {
        Add(new ModelsListCommand(streams));
        Add(new ModelsVerifyCommand(streams));
        Add(new ModelsPullCommand(streams));
        Add(new ModelsPushCommand(streams));
        Add(new ModelsConvertCommand(streams));
    }
}
