using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Tests.Support;

/// <summary>What a command line did.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public JsonNode Document => JsonNode.Parse(Output) ?? throw new InvalidOperationException("stdout holds no document.");

    public static Task<CliRun> RunAsync(params string[] args) => RunAsync(args, CancellationToken.None);

    public static async Task<CliRun> RunAsync(string[] args, CancellationToken interrupt, Action<string>? onError = null)
    {
        var output = new StringWriter();
        var error = new ObservedWriter(onError);
        var code = await OneShotApp.RunAsync(
            args,
            new CliStreams(TextWriter.Synchronized(output), TextWriter.Synchronized(error), Interactive: false),
            interrupt
        );
        return new CliRun(code, output.ToString(), error.ToString());
    }

    private sealed class ObservedWriter(Action<string>? onLine) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            onLine?.Invoke(value ?? "");
        }
    }
}
