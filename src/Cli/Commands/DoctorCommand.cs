using System.CommandLine;
using OrleansOneShot.Cli.App;
namespace OrleansOneShot.Cli.Commands;
internal sealed class DoctorCommand(CliStreams streams) : OneShotCommand("doctor", "Draws.", streams)
{
    protected override Task<int> RunAsync(ParseResult parsed, CommandContext context) => Task.FromResult(1);
}
