using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Bench.FanOut;

/// <summary>
/// Stands in for the engine: a term is a sleep, as a GPU keeps its own processor busy and leaves ours alone, and the real bytes of Stable Diffusion 1.5's
/// rank-4 LoRA travel.
/// </summary>
/// <param name="setting">What to measure.</param>
internal sealed class StubEngine(FanOutSetting setting) : ITrainingEngine, ITermEngine
{
    /// <summary>Values of the LoRA, and of three objects' four vectors of 768, in float32.</summary>
    public const int PayloadBytes = 4 * (797_184 + (3 * 4 * 768));

    private const int WarmUp = 3;

    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        observer.Report(
            new ProgressUpdate
            {
                Time = DateTimeOffset.UtcNow,
                Stage = JobState.Training,
                Step = 0,
                Steps = setting.Steps,
            }
        );
        var workers = setting.Silos > 1 ? job.BorrowedSlots.Recruit(setting.Silos - 1, TimeSpan.FromSeconds(60), cancellationToken) : 0;
        var transfer = job.BorrowedSlots.MeasureTransfer(PayloadBytes, PayloadBytes, cancellationToken);
        var weights = new byte[PayloadBytes];
        using var worker = Open(job, cancellationToken);
        var (step, reduce) = (new List<double>(), new List<double>());
        for (var i = 0; i < WarmUp + setting.Steps; i++)
        {
            var clock = Stopwatch.StartNew();
            var values = job.BorrowedSlots.Evaluate(i, setting.Terms, weights, term => worker.Evaluate(i, term, weights, cancellationToken), cancellationToken);
            var evaluated = clock.Elapsed.TotalSeconds;
            Add(values);
            if (i >= WarmUp)
            {
                step.Add(clock.Elapsed.TotalSeconds);
                reduce.Add(clock.Elapsed.TotalSeconds - evaluated);
            }
        }

        var figures = job.BorrowedSlots.Figures;
        return new EngineResult(
            Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName,
            null,
            [],
            new JsonObject
            {
                ["workers"] = workers,
                ["transfer_seconds"] = double.IsFinite(transfer) ? transfer : null,
                ["step_seconds"] = Median(step),
                ["sum_seconds"] = Median(reduce),
                ["waited_seconds"] = figures.SecondsWaited / Math.Max(1, figures.Steps),
                ["bytes_sent"] = figures.BytesSent / Math.Max(1, figures.Steps),
                ["bytes_received"] = figures.BytesReceived / Math.Max(1, figures.Steps),
                ["terms_repeated"] = figures.TermsRepeated,
            }
        );
    }

    /// <inheritdoc/>
    public ITermWorker Open(EngineJob job, CancellationToken cancellationToken) => new Worker(setting);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    // What the real engine does with the answers: adds them up in the order of the terms.
    private static void Add(IReadOnlyList<TermValue> values)
    {
        var sum = new float[PayloadBytes / sizeof(float)];
        foreach (var value in values)
        {
            var part = MemoryMarshal.Cast<byte, float>(value.Payload.Span);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += part[i];
            }
        }
    }

    private sealed class Worker(FanOutSetting setting) : ITermWorker
    {
        public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
        {
            Thread.Sleep(TimeSpan.FromSeconds(setting.TermSeconds));
            var answer = new byte[PayloadBytes];
            payload.Span.CopyTo(answer);
            return new TermValue(answer, [step, term]);
        }

        public void Dispose() { }
    }
}
