using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// One epoch of a generation: fetches the implantations that it draws with, and draws as <c>oneshot generate</c> does, picture by picture the same.
/// </summary>
/// <param name="inputs">Where implantations are read from.</param>
/// <param name="precision">Decides what is computed in.</param>
internal sealed class GenerationRun(EngineInputs inputs, PrecisionChooser precision)
{
    // A log is kept in memory and shown in pages: of a long generation it holds each thousandth, not each step.
    private const int MostSteps = 1000;

    /// <summary>Who is told what concerns the machine; null: nobody.</summary>
    public IRunFigures? Figures { get; init; }

    /// <summary>Draws.</summary>
    /// <param name="job">What to do.</param>
    /// <param name="folder">The base model.</param>
    /// <param name="device">The slot's device, "cpu" or "cuda:N".</param>
    /// <param name="notes">Hears how it goes.</param>
    /// <param name="cancellationToken">Stops between two denoising steps.</param>
    /// <returns>The result, not yet published.</returns>
    public EngineResult Execute(DrawingJob job, ModelFolder folder, string device, RunObserver notes, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var (request, defaults) = (job.Request, folder.Defaults);
        var sources = job.Sources.Select((source, i) => Fetch(source, i, job.WorkFolder, cancellationToken)).ToList();
        RequireDistinct(job, sources);
        var embeddings = EmbeddingChoice.RequireDistinct([.. sources.SelectMany(source => source.Embeddings)]);
        List<string> known = [.. embeddings.Select(choice => choice.Name), .. embeddings.Select(choice => choice.Alias).OfType<string>()];
        var (steps, side) = (request.Steps ?? defaults.SamplingSteps ?? Defaults.SamplingSteps, PictureSeries.SideOf(folder));
        SchedulerFactory.Require(request.Scheduler, SchedulerConfig.Load(folder.SchedulerFile), steps);
        var series = new PictureSeries
        {
            Model = folder,
            Prompts = [.. request.Prompts.Select(prompt => Read(prompt, "The prompt", known, notes))],
            NegativePrompt = Read(request.NegativePrompt, "The negative prompt", known, notes),
            Loras = [.. sources.Select(source => source.Lora).OfType<LoraChoice>()],
            UNet = UNetOf(job, sources),
            Embeddings = embeddings,
            Steps = steps,
            Scheduler = request.Scheduler,
            Guidance = request.GuidanceScale ?? defaults.GuidanceScale ?? Defaults.GuidanceScale,
            PersonalizationGuidance = request.PersonalizationGuidance ?? 1,
            Classes = sources
                .SelectMany(source => source.Classes)
                .DistinctBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(StringComparer.OrdinalIgnoreCase),
            Seed = request.Seed,
            Count = request.PerPrompt,
            Width = side,
            Height = side,
            Precision = precision.Decide(Precision.Auto, folder, side, device, say => notes.Progress(ImplantationStage.Preparing, 0, 0, say)),
            Device = device,
            Figures = Figures,
        };
        var result = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        Draw(series, result, notes, cancellationToken);
        File.WriteAllText(Path.Combine(result, "request.json"), RequestJson.Write(request)); // what was asked for, beside what came of it
        return new EngineResult(result, null, [.. notes.Warnings], Describe(job, series, clock.Elapsed));
    }

    private static void Draw(PictureSeries series, string folder, RunObserver notes, CancellationToken cancellationToken)
    {
        var (pictures, at) = (0, (Done: 0, All: 0));
        var drawing = series.Draw(
            (done, all) =>
            {
                at = (done, all);
                // The one after which there is a picture is told with it.
                if (done < all && done * (long)MostSteps / all != (done - 1) * (long)MostSteps / all)
                {
                    notes.Progress(ImplantationStage.Sampling, done, all);
                }
            },
            say => notes.Progress(ImplantationStage.Preparing, 0, 0, say),
            notes.Warning,
            cancellationToken
        );
        var count = series.Prompts.Count * series.Count;
        foreach (var picture in drawing)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = DrawnPicture.FileName(++pictures);
            File.WriteAllBytes(Path.Combine(folder, name), picture.ToPng());
            notes.Progress(ImplantationStage.Sampling, at.Done, at.All, FormattableString.Invariant($"picture {pictures} of {count} is drawn: {name}"));
        }
    }

    private static string Read(string prompt, string what, IReadOnlyCollection<string> known, RunObserver notes)
    {
        var read = new PromptCheck(known).Check(prompt, what);
        foreach (var note in read.Notes)
        {
            notes.Progress(ImplantationStage.Preparing, 0, 0, note);
        }

        foreach (var warning in new[] { read.Problem?.Message, read.Foreign }.OfType<string>())
        {
            notes.Warning(warning);
        }

        return read.Prompt;
    }

    /// <summary>The files of an implantation, in a folder of its own, under the names that its manifest gives them.</summary>
    private Source Fetch(GenerationSource source, int index, string workFolder, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(workFolder, "implantations", FormattableString.Invariant($"{index}"));
        inputs.FetchImplantation(source, index, folder, cancellationToken);
        var files = ImplantationFiles.In(folder);
        if (files.Lora is { } lora)
        {
            LoraFile.CheckKind(lora);
        }

        return new Source(
            files.Lora is null ? null : new LoraChoice(files.Lora, source.Scale),
            files.UNet,
            files.ReadClasses(),
            [
                .. files.Embeddings.Select(file =>
                {
                    var names = LearnedEmbeddingsFile.NamesOf(file);
                    return new EmbeddingChoice(file, names.Name, names.Alias);
                }),
            ]
        );
    }

    /// <summary>A UNet takes the place of the model's, so there can be one, and it counts as it is.</summary>
    private static string? UNetOf(DrawingJob job, List<Source> sources)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            if (sources[i].Lora is null && job.Sources[i].Scale != 1)
            {
                throw new InvalidInputException(
                    $"The implantation {job.Sources[i].Id} has no LoRA that could be scaled.",
                    FormattableString.Invariant($"implantations[{i}].scale"),
                    "Leave its scale out."
                );
            }

            if (sources[i].UNet is not null && sources.FindIndex(source => source.UNet is not null) != i)
            {
                throw new InvalidInputException(
                    $"The implantation {job.Sources[i].Id} has a UNet of its own, and so has one before it; pictures can be drawn with one only.",
                    FormattableString.Invariant($"implantations[{i}].id"),
                    "Draw with one of them."
                );
            }
        }

        return sources.Find(source => source.UNet is not null)?.UNet;
    }

    /// <summary>Two objects of one name in a prompt would be one.</summary>
    private static void RequireDistinct(DrawingJob job, List<Source> sources)
    {
        var known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < sources.Count; i++)
        {
            foreach (var name in sources[i].Embeddings.Select(choice => choice.Name))
            {
                if (!known.TryAdd(name, job.Sources[i].Id))
                {
                    throw new InvalidInputException(
                        $"The implantations {known[name]} and {job.Sources[i].Id} both call an object {name}, and a prompt can mean one only.",
                        FormattableString.Invariant($"implantations[{i}].id"),
                        "Draw with one of them, or implant one again with another token."
                    );
                }
            }
        }
    }

    private static JsonObject Describe(DrawingJob job, PictureSeries series, TimeSpan elapsed)
    {
        var options = Options(series);
        if (series.PersonalizationGuidance != 1)
        {
            options["personalization_guidance"] = series.PersonalizationGuidance;
        }

        return new JsonObject
        {
            ["model"] = new JsonObject { ["name"] = series.Model.Name, ["sha256"] = series.Model.Hash() },
            ["implantations"] = new JsonArray([
                .. job.Sources.Select(source =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["id"] = source.Id,
                            ["scale"] = source.Scale,
                            ["manifest_sha256"] = source.Manifest.Sha256,
                        }
                ),
            ]),
            ["options"] = options,
            ["timings"] = new JsonObject { ["total"] = Math.Round(elapsed.TotalSeconds, 3) },
        };
    }

    private static JsonObject Options(PictureSeries series) =>
        new()
        {
            ["prompts"] = new JsonArray([.. series.Prompts.Select(prompt => (JsonNode)prompt)]),
            ["negative_prompt"] = series.NegativePrompt,
            ["per_prompt"] = series.Count,
            ["steps"] = series.Steps,
            ["scheduler"] = series.Scheduler,
            ["guidance_scale"] = series.Guidance,
            ["seed"] = series.Seed,
            ["width"] = series.Width,
            ["height"] = series.Height,
            ["precision"] = Setting.WordOf(series.Precision),
            ["device"] = series.Device,
        };

    private sealed record Source(LoraChoice? Lora, string? UNet, IReadOnlyDictionary<string, string> Classes, IReadOnlyList<EmbeddingChoice> Embeddings);
}
