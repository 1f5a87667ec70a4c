using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Cli.Commands;

/// <summary>A command that does something, with examples in its help.</summary>
internal abstract class OneShotCommand : Command
{
    protected OneShotCommand(string name, string description, CliStreams streams, params string[] examples)
        : base(name, description)
    {
        SetAction(
            (parsed, interrupt) => CheckedAsync(parsed, new CommandContext(streams, parsed.GetValue<string>(FormatOption.OptionName) == "json", interrupt))
        );
        if (examples.Length > 0)
        {
            Options.Add(new HelpOption { Action = new HelpWithExamples(examples) });
        }
    }

    private Task<int> CheckedAsync(ParseResult parsed, CommandContext context)
    {
        // Here, and not when a job or a silo meets it.
        TorchRuntime.CheckSettings();
        return RunAsync(parsed, context);
    }

    /// <summary>Runs the command.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">What it works with.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    protected abstract Task<int> RunAsync(ParseResult parsed, CommandContext context);

    private sealed class HelpWithExamples(string[] examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var result = new HelpAction().Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine($"  {example}");
            }

            return result;
        }
    }
}
