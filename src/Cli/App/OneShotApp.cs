using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using OrleansOneShot.Cli.Commands;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.App;

/// <summary>The program, apart from its process: arguments and streams in, exit code out.</summary>
internal static class OneShotApp
{
    /// <summary>Runs one command.</summary>
    /// <param name="args">The command line, without the program's name.</param>
    /// <param name="streams">Where it writes.</param>
    /// <param name="interrupt">Asks it to stop; null listens to the process's signals.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CliStreams streams, CancellationToken? interrupt = null)
    {
        var root = BuildRoot(streams);
        NamedValues.RequireIn(root);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            // What was given wrong comes before what is missing: that is where the user looks.
            var first = parsed.Errors.FirstOrDefault(error => error.SymbolResult is { Tokens.Count: > 0 } and not CommandResult) ?? parsed.Errors[0];
            return Report(ErrorReport.Of(Describe(first)), streams, AsksForJson(args));
        }

        using var signals = interrupt is null ? new InterruptSource(streams.Error) : null;
        var token = interrupt ?? signals!.Token;
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = streams.Output,
                    Error = streams.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                token
            );
        }
        catch (Exception e)
        {
            if (Environment.GetEnvironmentVariable("ONESHOT_DEBUG") == "1")
            {
                await streams.Error.WriteLineAsync(SecretText.Scrub(e.ToString()));
            }

            return Report(ErrorReport.Of(e, token.IsCancellationRequested), streams, AsksForJson(args));
        }
    }

    internal static RootCommand BuildRoot(CliStreams streams) =>
        new("Draws the very object of one photo anywhere: fine-tunes Stable Diffusion on a photo, a mask and a class name.")
        {
            new ImplantCommand(streams),
            new GenerateCommand(streams),
            new MaskCommand(streams),
            new EvaluateCommand(streams),
            new CompareCommand(streams),
            new DatasetCommand(streams),
            new JobsCommand(streams),
            new ModelsCommand(streams),
            new ServeCommand(streams),
            new KeysCommand(streams),
            new ClusterCommand(streams),
            new DoctorCommand(streams),
        };

    private static int Report(ErrorReport report, CliStreams streams, bool json)
    {
        if (json)
        {
            streams.Output.WriteLine(DocumentWriter.ToJson(new ErrorDocument(report.Error)));
        }

        streams.Error.WriteLine(report.Error.Message);
        if (report.Error.Hint is { } hint)
        {
            streams.Error.WriteLine(hint);
        }

        return report.ExitCode;
    }

    private static ErrorDetail Describe(ParseError error)
    {
        var symbol = error.SymbolResult;
        var field = symbol switch
        {
            OptionResult option => option.Option.Name.TrimStart('-'),
            ArgumentResult { Parent: OptionResult option } => option.Option.Name.TrimStart('-'),
            ArgumentResult argument => argument.Argument.Name,
            _ => null,
        };
        var command = symbol;
        while (command is not null and not CommandResult)
        {
            command = command.Parent;
        }

        var name = command is CommandResult { Command: not RootCommand } result ? $"oneshot {Path(result)}" : "oneshot";
        return new ErrorDetail(ErrorCodes.InvalidInput, Wording.WithoutTypes(error.Message), field, $"See: {name} --help");
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult { Command: not RootCommand } parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;

    // Asked of the raw arguments, since it must work for those that don't parse.
    private static bool AsksForJson(string[] args)
    {
        var at = Array.IndexOf(args, FormatOption.OptionName);
        return args.Contains($"{FormatOption.OptionName}=json")
            || args.Contains($"{FormatOption.OptionName}:json")
            || (at >= 0 && at + 1 < args.Length && args[at + 1] == "json");
    }
}
