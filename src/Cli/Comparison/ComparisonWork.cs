using System.Text;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>Makes a comparison: trains what has no result, draws the floor, measures all, chooses settings where they are to be chosen, and reports.</summary>
/// <param name="context">The command.</param>
/// <param name="plan">The comparison.</param>
/// <param name="target">Where trainings run.</param>
/// <param name="record">What the folder remembers.</param>
internal sealed class ComparisonWork(CommandContext context, ComparisonPlan plan, SessionTarget target, ComparisonRecord record)
{
    /// <summary>Name of the report for people.</summary>
    public const string ReportName = "results.md";

    /// <summary>Name of the report for programs.</summary>
    public const string DocumentName = "results.json";

    private readonly PlainPictures _plain = new(plan, target.Data);
    private readonly List<FailedTraining> _failed = [];
    private readonly ComparisonRuns _runs = new(context, plan, target);
    private ComparisonRecord _record = record;

    /// <summary>Makes it. Broken off anywhere, it goes on from there.</summary>
    /// <returns>What it came to; the reports are written.</returns>
    public async Task<ComparisonDocument> RunAsync()
    {
        var (grid, chosen) = plan.IsTuned ? await TuneAsync() : ([], []);
        var settings = plan.SettingsOf(chosen);
        var cells = plan.TableCells(settings);
        await TrainAsync(ComparisonRuns.Table, cells);
        var measures = await MeasureAsync(ComparisonRuns.Table, cells, plan.Objects, isTuning: false);
        var table = ComparisonTable.Of(measures.Objects, [.. plan.Methods.Select(method => method.Id)], ComparedMethod.ReferenceId);
        var missing = ComparisonRuns.Missing(plan, ComparisonRuns.Table, cells).Select(cell => cell.Id).ToHashSet(StringComparer.Ordinal);
        var first = plan.Objects[0].Options.Samples;
        var document = new ComparisonDocument(
            plan.Out,
            plan.Command,
            plan.Preset,
            plan.Model.Entry.Name,
            measures.Models,
            plan.Seeds,
            table.Objects,
            first.Prompts,
            first.Prompts.Length * first.PerPrompt * plan.Seeds,
            [
                .. plan.Methods.Select(method =>
                    Describe(method, settings[method.Id], [.. cells.Where(cell => cell.Row == method.Id && !missing.Contains(cell.Id))])
                ),
            ],
            table.Figures,
            grid,
            plan.IsTuned ? [.. plan.TuningObjects.Select(item => item.Id)] : [],
            _failed,
            [.. table.Doubts()]
        )
        {
            Measured = measures.Objects,
        };
        await LoneWork.RunAsync(() => Report(document, table), context.Interrupt);
        return document;
    }

    private async Task<(IReadOnlyList<GridDocument> Grid, Dictionary<string, int> Chosen)> TuneAsync()
    {
        var cells = plan.TuningCells();
        await TrainAsync(ComparisonRuns.Tuning, cells);
        var measures = await MeasureAsync(ComparisonRuns.Tuning, cells, plan.TuningObjects, isTuning: true);
        var chosen = new Dictionary<string, int>();
        var documents = new List<GridDocument>();
        foreach (var (method, grid) in plan.Grids)
        {
            var scores = TunedChoice.Score(measures.Objects, [.. grid.Select((_, i) => ComparisonCell.RowOfGrid(method, i + 1))]);

            chosen[method.Id] = TunedChoice.Choose(scores);
            documents.AddRange(
                grid.Select(
                    (settings, i) =>
                        new GridDocument(
                            method.Id,
                            settings.LearningRate,
                            settings.Steps,
                            scores[i].Nearness,
                            scores[i].Text,
                            scores[i].KeepsText,
                            chosen[method.Id] == i + 1
                        )
                )
            );
            context.Say($"{method.Title}: {grid[chosen[method.Id] - 1]} was best on the tuning objects.");
        }

        return (documents, chosen);
    }

    private async Task TrainAsync(string stage, IReadOnlyList<ComparisonCell> cells)
    {
        (_record, var failed) = await _runs.RunAsync(_record, stage, cells);
        _failed.AddRange(failed.Select(pair => new FailedTraining(pair.Key, pair.Value)));
    }

    private async Task<ComparisonMeasures> MeasureAsync(string stage, IReadOnlyList<ComparisonCell> cells, IReadOnlyList<DatasetItemPlan> items, bool isTuning)
    {
        var seeds = plan.SeedsOf(isTuning);
        return await LoneWork.RunAsync(
            () =>
            {
                var drawing = new DrawingDisplay(context.Streams, TimeProvider.System);
                _plain.Draw(items, seeds, drawing.Show, drawing.Say, context.Interrupt);
                drawing.End();
                var measuring = new DrawingDisplay(context.Streams, TimeProvider.System, Evaluation.PictureMeasuring.Text);
                return new ComparisonMeasuring(plan, _plain).Measure(stage, cells, seeds, measuring, context.Interrupt);
            },
            context.Interrupt
        );
    }

    private MethodDocument Describe(ComparedMethod method, MethodSettings settings, IReadOnlyList<ComparisonCell> done)
    {
        List<double> seconds = [.. done.Select(_runs.SecondsOf).OfType<double>()];
        return new MethodDocument(
            method.Id,
            method.Title,
            settings.LearningRate,
            settings.Steps,
            done.Count,
            seconds.Count > 0 ? Math.Round(seconds.Average(), 1) : null
        );
    }

    private bool Report(ComparisonDocument document, ComparisonTable table)
    {
        var pictures = new ComparisonPictures(plan, _plain).Write(table, context.Interrupt);
        var links = pictures.Select(picture => ($"{ComparisonPictures.Folder}/{picture.Name}", picture.Words)).ToList();
        Write(ReportName, new ComparisonReport(document, links).Write());
        Write(DocumentName, DocumentWriter.ToJson(document) + "\n");
        if (plan.Results is { } page)
        {
            new ResultsPage(page).Put(document, Path.Combine(plan.Out, ComparisonPictures.Folder), pictures);
        }

        return true;
    }

    private void Write(string name, string text) => ComparisonFiles.Write(Path.Combine(plan.Out, name), Encoding.UTF8.GetBytes(text));
}
