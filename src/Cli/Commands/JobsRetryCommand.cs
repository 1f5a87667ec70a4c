using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs retry</c>: queues an ended job again. It trains nothing itself.</summary>
internal sealed class JobsRetryCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public JobsRetryCommand(CliStreams streams)
        : base(
            "retry",
            "Runs a job again that has failed or was cancelled, under the same id.",
            streams,
            "oneshot jobs retry 20261123-121500-ab12cd34",
            "oneshot jobs retry i-0a1b2c3d4e5f60718293a4b5c6d7e8f9 --server https://oneshot.example.org --key-file key"
        )
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var target = _session.Resolve(parsed);
        var retries = -1;
        var status = await Look.JobsAsync(
            target,
            async session =>
            {
                if (session.Target.Server is not null)
                {
                    return await session.RetryAsync(id, context.Interrupt);
                }

                // Asked again of the next owner, it may be queued already.
                var known = await ((JobSession)session).Client.GetImplantation(id).GetStatusAsync(context.Interrupt);
                retries = retries < 0 ? known.Retries : retries;
                return known.Retries > retries ? known : await session.RetryAsync(id, context.Interrupt);
            },
            context.Interrupt
        );
        JobText.WriteResult(context, status, null);
        context.Say($"Follow it with: oneshot jobs watch {id}{target.AsOption()}");
        return ExitCode.Done;
    }
}
