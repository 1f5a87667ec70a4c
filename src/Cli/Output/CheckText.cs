using OrleansOneShot.Cli.App;
using Spectre.Console;

namespace OrleansOneShot.Cli.Output;

/// <summary>Checks as a document or a table.</summary>
internal static class CheckText
{
    /// <summary>Writes checks.</summary>
    /// <param name="context">The command.</param>
    /// <param name="checks">What was found.</param>
    /// <returns><see cref="ExitCode.Done"/> if all is well, else <see cref="ExitCode.Failed"/>.</returns>
    public static int Write(CommandContext context, IReadOnlyList<CheckDocument> checks)
    {
        var ok = checks.All(check => check.Ok);
        if (context.Json)
        {
            context.Write(new CheckListDocument(ok, checks));
        }
        else
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(context.Streams.Output) });
            var table = new Table().Border(TableBorder.Rounded).AddColumns("Check", "", "Found");
            foreach (var check in checks)
            {
                table.AddRow(new Text(check.Name), new Markup(check.Ok ? "[green]ok[/]" : "[red]problem[/]"), new Text(check.Detail));
            }

            console.Write(table);
        }

        return ok ? ExitCode.Done : ExitCode.Failed;
    }
}
