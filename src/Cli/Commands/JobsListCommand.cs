using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Silo.Recovery;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs list</c>.</summary>
internal sealed class JobsListCommand : OneShotCommand
{
    private readonly SessionOptions _session = new(server: true);

    private readonly Option<string?> _state = new("--state") { Description = "Only jobs in this state.", HelpName = "STATE" };

    private readonly Option<string?> _cursor = new("--cursor") { Description = "Where to begin: next of the page before.", HelpName = "CURSOR" };

    private readonly Option<bool> _generations = new("--generations") { Description = "Jobs that draw pictures, instead of those that train." };

    private readonly MetadataOption _metadata = new("Only jobs that carry this pair");

    private readonly Option<long?> _limit = NumberOptions.Whole("--limit", 1, JobQuery.MaxPageSize, "Jobs a page.", 100);

    public JobsListCommand(CliStreams streams)
        : base(
            "list",
            "Lists jobs, newest first.",
            streams,
            "oneshot jobs list",
            "oneshot jobs list --state training --format json",
            "oneshot jobs list --metadata project=cats",
            "oneshot jobs list --generations --server https://oneshot.example.org --key-file key"
        )
    {
        _state.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"--state must be one of {Wording.List(Enum.GetNames<JobState>(), most: 20)}, but is '{result.Tokens[0].Value}'.");
            }
        });
        Options.Add(_state);
        Options.Add(_generations);
        Options.Add(_metadata);
        Options.Add(_limit);
        Options.Add(_cursor);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var query = new JobQuery
        {
            Kind = parsed.GetValue(_generations) ? JobKind.Generation : JobKind.Implantation,
            State = TryParse(parsed.GetValue(_state), out var state) ? state : null,
            Cursor = parsed.GetValue(_cursor),
            Metadata = _metadata.Read(parsed),
            PageSize = (int)parsed.GetValue(_limit)!.Value,
        };
        var target = _session.Resolve(parsed);
        var (page, lost) = await Look.JobsAsync(
            target,
            async session =>
            {
                var jobs = await session.ListPageAsync(query, context.Interrupt);
                var none = jobs.Jobs.Length == 0 && query is { State: null, Cursor: null, Metadata.Count: 0 };
                return (jobs, none && !context.Json && session is JobSession own ? await FindLostAsync(own, target, context.Interrupt) : null);
            },
            context.Interrupt
        );
        if (context.Json)
        {
            context.Write(new JobListDocument(page.Jobs, page.Next));
            return ExitCode.Done;
        }

        foreach (var job in page.Jobs)
        {
            var priority = job.Priority == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"  priority {job.Priority}");
            var metadata = string.Concat(job.Metadata.Select(pair => $"  {pair.Key}={pair.Value}"));
            context.Streams.Output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{job.Id}  {job.State,-10}  {job.Step,5}/{job.Steps,-5}  {job.Created:yyyy-MM-dd HH:mm:ss}  {job.Owner}  {job.Name}{priority}{metadata}"
                )
            );
        }

        context.Say(
            page.Jobs.Length == 0 ? lost ?? "There are no jobs."
            : page.Next is null ? ""
            : $"More with: --cursor {page.Next}"
        );
        return ExitCode.Done;
    }

    private static async Task<string?> FindLostAsync(JobSession session, SessionTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return await LostJobs.FindAsync(session.Client, session.Store, target.Redis is null ? target.Data : null, cancellationToken);
        }
        catch (IOException)
        {
            // The list is what was asked for, and that is known.
            return null;
        }
    }

    private static bool TryParse(string? text, out JobState state) =>
        Enum.TryParse(text, ignoreCase: true, out state) && Enum.IsDefined(state) && !char.IsAsciiDigit(text![0]);
}
