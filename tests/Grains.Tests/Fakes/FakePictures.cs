using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>
/// "Draws" texts that tell what they were drawn of. Gates are those of the <see cref="FakeEngine"/>: "prepare", "picture N" (before it) and "done".
/// </summary>
internal static class FakePictures
{
    /// <summary>Draws.</summary>
    /// <param name="job">What to draw.</param>
    /// <param name="observer">Hears of it.</param>
    /// <param name="at">Passes a gate.</param>
    /// <param name="cancellationToken">Stops between two pictures.</param>
    public static EngineResult Draw(DrawingJob job, IEngineObserver observer, Action<string> at, CancellationToken cancellationToken)
    {
        var request = job.Request;
        observer.Report(Update(JobState.Preparing, 0, 0, "loads"));
        at("prepare");
        var folder = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        var pictures = request.Prompts.SelectMany(prompt => Enumerable.Range(0, request.PerPrompt).Select(i => (prompt, i))).ToList();
        for (var n = 1; n <= pictures.Count; n++)
        {
            at($"picture {n}");
            cancellationToken.ThrowIfCancellationRequested();
            var sources = string.Join(' ', job.Sources.Select(source => $"{source.Id}*{source.Scale}:{source.Manifest.Sha256}"));
            File.WriteAllText(Path.Combine(folder, $"{n:D4}.png"), $"{pictures[n - 1].prompt} {pictures[n - 1].i} {request.Seed} {sources}");
            observer.Report(Update(JobState.Sampling, n, pictures.Count, $"picture {n}"));
        }

        File.WriteAllText(Path.Combine(folder, "request.json"), RequestJson.Write(request));
        at("done");
        return new EngineResult(
            folder,
            null,
            [],
            new JsonObject
            {
                ["options"] = new JsonObject { ["steps"] = 20 },
                ["kind"] = "not the engine's business",
            }
        );
    }

    private static ProgressUpdate Update(JobState stage, int step, int steps, string message) =>
        new()
        {
            Time = DateTimeOffset.UtcNow,
            Stage = stage,
            Step = step,
            Steps = steps,
            Message = message,
        };
}
