using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot compare</c>: methods on objects from seeds, trained as a dataset run, measured, and told with intervals.</summary>
internal sealed class CompareCommand : OneShotCommand
{
    private readonly ComparisonOptions _options = new();

    public CompareCommand(CliStreams streams)
        : base(
            "compare",
            "Compares training methods: trains each on the same objects from the same seeds, measures the pictures, and reports figures with intervals.",
            streams,
            "oneshot compare --manifest samples/compare.jsonl --dry-run --out out/compare",
            "oneshot compare --manifest samples/compare.jsonl --methods ours,lora,ours-no-prototype --seeds 3 --out out/compare",
            "oneshot compare --manifest samples/compare.jsonl --methods all --preset tuned --results docs/RESULTS.md --out out/tuned"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _options.Session.Resolve(parsed);
        var plan = await ComparisonPlan.MakeAsync(_options, parsed, target, context);
        var record = ComparisonRecord.Open(plan.Out);
        if (plan.Objects.Count < Verdict.FewestObjects)
        {
            context.Say($"With fewer than {Verdict.FewestObjects} objects no difference can be told from chance.");
        }

        if (parsed.GetValue(_options.DryRun))
        {
            var estimate = await LoneWork.RunAsync(() => new ComparisonEstimate(plan).Make(context.Interrupt), context.Interrupt);
            return Tell(context, estimate);
        }

        var work = new ComparisonWork(context, plan, target, record);
        var document = await work.RunAsync();
        if (context.Json)
        {
            context.Write(document);
        }
        else
        {
            foreach (var method in document.Methods.Where(method => method.Id != ComparedMethod.ReferenceId))
            {
                context.Streams.Output.WriteLine(ComparisonReport.Finding(method, document.Figures));
            }

            context.Streams.Output.WriteLine(Path.Combine(plan.Out, ComparisonWork.ReportName));
        }

        if (document.Failed.Count > 0)
        {
            context.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{document.Failed.Count} trainings have failed, such as {document.Failed[0].Id}: {document.Failed[0].Message} "
                        + $"The same command tries them again."
                )
            );
        }

        return document.Failed.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static int Tell(CommandContext context, ComparisonEstimateDocument estimate)
    {
        if (context.Json)
        {
            context.Write(estimate);
            return ExitCode.Done;
        }

        var output = context.Streams.Output;
        foreach (var part in estimate.Parts)
        {
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{part.Stage,-8}{part.Method,-22}{part.Trainings,6} trainings, about {part.Minutes:0.0} min")
            );
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{estimate.Trainings} trainings, {estimate.Left} of them to do: about {estimate.Minutes:0} min on this machine, one after another; "
                    + $"{estimate.Pictures:N0} pictures to measure. Nothing was begun."
            )
        );
        return ExitCode.Done;
    }
}
