using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Plots;
using OrleansOneShot.Compute.Results;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// Writes the result's tree. Every file depends on the run alone: no clock, host or path in any of them, so the same run gives the same bytes.
/// </summary>
/// <param name="folder">An existing folder.</param>
/// <param name="options">Options.</param>
/// <param name="objects">The objects.</param>
/// <param name="models">The base model.</param>
/// <param name="modelHash">Its hash.</param>
internal sealed class ResultFiles(string folder, ImplantationOptions options, IReadOnlyList<ImplantationObject> objects, LoadedModels models, string modelHash)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly IReadOnlyList<string> _words = EmbeddingWords.Choose(options.Name, [.. objects.Select(o => o.Token)]);

    /// <summary>
    /// The LoRA in both layouts, and one file for each object's vectors. They are written as soon as they are trained, and once more when there are pictures
    /// for their thumbnails.
    /// </summary>
    /// <param name="trained">What was trained.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="samples">Pictures for thumbnails: the first for the LoRA, the first that names its object for each object; empty for none.</param>
    public void WriteWeights(ITrainedParts trained, Preparation preparation, IReadOnlyList<Sample> samples)
    {
        var spec = new ModelSpec
        {
            Title = options.Name,
            BaseModel = models.Folder.Name,
            IsStableDiffusion2 = IsStableDiffusion2,
            PredictsV = models.Scheduler.Prediction == PredictionType.Velocity,
            Resolution = options.Resolution,
            Description = $"One-shot implantation of {string.Join(" and ", objects.Select(o => o.Class))} from a single photo ({Origin}).",
            TriggerPhrase = string.Join(", ", objects.Select((o, i) => PlainWords(i) ?? o.Token)),
            Words = [.. _words.Select((word, i) => PlainWords(i) ?? word)],
            UsageHint = options.Method.LearnsVectors()
                ? $"Load together with {Wording.List(_words.Select(word => $"learned_embeds/{word}.safetensors"))}. In prompts write "
                    + $"{Wording.List(_words)} (AUTOMATIC1111, Forge), {Wording.List(_words.Select(word => $"embedding:{word}"))} (ComfyUI) or "
                    + $"{Wording.List(objects.Select(o => o.Token))} (diffusers, oneshot)."
                : $"In prompts write {Wording.List(objects.Select((_, i) => PlainWords(i)!))}.",
            Thumbnail = samples.Count > 0 ? DataImage.Thumbnail(samples[0].Image) : null,
        };
        trained.Write(folder, spec);
        var tokens = Directory.CreateDirectory(Path.Combine(folder, ImplantationFiles.EmbeddingsFolder)).FullName;
        var row = 0L;
        foreach (var (token, word) in preparation.Tokens.Zip(_words))
        {
            using var scope = NewDisposeScope();
            var picture = samples.FirstOrDefault(s => s.Prompt.Contains(token.Name, StringComparison.OrdinalIgnoreCase));
            LearnedEmbeddingsFile.Write(
                Path.Combine(tokens, $"{word}.safetensors"),
                token.Name,
                trained.Vectors.detach().narrow(0, row, token.Count),
                spec with
                {
                    Title = word,
                    TriggerPhrase = token.Name,
                    UsageHint =
                        (options.Method.HasLora() ? $"Load together with the LoRA {options.Name}.safetensors. " : "")
                        + $"In prompts write {word} (AUTOMATIC1111, Forge), embedding:{word} (ComfyUI) or {token.Name} (diffusers, oneshot).",
                    Thumbnail = picture is null ? spec.Thumbnail : DataImage.Thumbnail(picture.Image),
                }
            );
            row += token.Count;
        }
    }

    /// <summary>The samples with their settings.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="stage">What drew them.</param>
    public void WriteSamples(IReadOnlyList<Sample> samples, SampleStage stage)
    {
        if (samples.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(Path.Combine(folder, "samples"));
        foreach (var sample in samples)
        {
            PngWriter.Write(Path.Combine(folder, sample.Path), sample.Image, stage.Describe(sample, modelHash).ToText());
        }
    }

    /// <summary>The contact sheet.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="preparation">The prepared job.</param>
    public void WriteSheet(IReadOnlyList<Sample> samples, Preparation preparation)
    {
        if (samples.Count == 0)
        {
            return;
        }

        var references = new List<SheetPicture> { new(preparation.Crop.Image, "the photo") };
        references.AddRange(preparation.MaskedImages.Select((m, i) => new SheetPicture(m, $"{objects[i].Token}: {objects[i].Class}")));
        PngWriter.Write(
            Path.Combine(folder, "sheet.png"),
            ContactSheet.Render(options.Name, references, [.. samples.Select(s => new SheetPicture(s.Image, s.Prompt))])
        );
    }

    /// <summary>The loss curves as a picture.</summary>
    /// <param name="curves">The losses.</param>
    /// <param name="prototypes">L_PE by object.</param>
    public void WriteCurves(LossCurves curves, IReadOnlyList<PrototypeCurve> prototypes) =>
        PngWriter.Write(Path.Combine(folder, "curves.png"), CurvesPlot.Render(Curves(curves, prototypes)));

    /// <summary>README.md, which says what the result is and how to use it.</summary>
    /// <param name="summary">The result.</param>
    public void WriteReadme(ResultSummary summary) => File.WriteAllText(Path.Combine(folder, "README.md"), ResultReadme.Write(summary));

    /// <summary>report.html, which shows it.</summary>
    /// <param name="summary">The result.</param>
    public void WriteReport(ResultSummary summary) => File.WriteAllText(Path.Combine(folder, "report.html"), ResultReport.Write(summary));

    /// <summary>What the documents tell.</summary>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="plain">Pictures of the plain class names.</param>
    /// <param name="metrics">The metrics.</param>
    /// <param name="curves">The losses.</param>
    /// <param name="prototypes">L_PE by object.</param>
    public ResultSummary Summarise(
        Preparation preparation,
        IReadOnlyList<Sample> samples,
        PlainSamples plain,
        SampleMetrics metrics,
        LossCurves curves,
        IReadOnlyList<PrototypeCurve> prototypes
    ) =>
        new()
        {
            Options = options,
            Model = models.Folder.Name,
            Family = IsStableDiffusion2 ? "Stable Diffusion 2.x" : "Stable Diffusion 1.x",
            Objects =
            [
                .. objects.Select(
                    (o, i) =>
                        new ResultObject(o.Class, o.Token, _words[i], preparation.Crop.Masks[i])
                        {
                            PlainWords = PlainWords(i),
                            Likeness = metrics.Objects.ElementAtOrDefault(i) is { } measured ? measured.IaCompared ?? measured.IaObject : null,
                            PlainLikeness = metrics.Objects.ElementAtOrDefault(i)?.IaClass,
                        }
                ),
            ],
            Photo = preparation.Crop.Image,
            PhotoDescription = preparation.Crop.Description,
            Pictures = [.. samples.Select(s => new ResultPicture(s.Prompt, s.Image))],
            PlainPictures = [.. plain.Pictures.Select(picture => new ResultPicture(picture.Prompt, picture.Image))],
            TextAlignment = metrics.Ta,
            Nearness = [.. (metrics.TokenCosines ?? []).Select(pair => (pair.First, pair.Second, pair.Text ?? pair.Vectors))],
            Curves = Curves(curves, prototypes),
            Used = UsedOptions.Describe(options),
        };

    /// <summary>Metrics and curves as numbers.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <param name="curves">The losses.</param>
    /// <param name="prototypes">L_PE by object.</param>
    public void WriteMetrics(SampleMetrics metrics, LossCurves curves, IReadOnlyList<PrototypeCurve> prototypes)
    {
        var document = JsonSerializer.SerializeToNode(metrics, s_json)!.AsObject();
        document["losses"] = new JsonObject(curves.Terms.Select(term => KeyValuePair.Create<string, JsonNode?>(term.Name, Series(term.Values))));
        document["prototypes"] = new JsonObject(
            prototypes.Select(
                (p, i) => KeyValuePair.Create<string, JsonNode?>(objects[i].Token, new JsonObject { ["losses"] = Series(p.Losses), ["best_step"] = p.BestStep })
            )
        );
        File.WriteAllText(Path.Combine(folder, "metrics.json"), document.ToJsonString(s_json) + "\n");
    }

    private string Origin =>
        options.Method switch
        {
            TrainingMethod.Lora => "plain LoRA",
            TrainingMethod.TextualInversion => "Textual Inversion, Gal et al. 2022",
            TrainingMethod.Dreambooth => "DreamBooth, Ruiz et al. 2022",
            _ => "Lu, Xie and Guo 2024",
        };

    // The words that an identifier stands for; null where its vectors are learned.
    private string? PlainWords(int index) => MethodCatalog.Get(options.Method).WordsOf(objects[index].Class, index);

    private bool IsStableDiffusion2 => models.TextEncoder.Config.HiddenSize == 1024;

    private TrainingCurves Curves(LossCurves curves, IReadOnlyList<PrototypeCurve> prototypes) =>
        new()
        {
            // Of one term alone it is that term.
            Total = curves.Terms.Count > 1 ? [.. curves.Steps.Select(s => s.Total)] : [],
            Terms = [.. curves.Terms.Select(term => new TermCurve(term.Name, term.Values))],
            Prototypes = [.. prototypes.Select((p, i) => new Plots.PrototypeCurve(objects[i].Token, p.Losses))],
        };

    private static JsonArray Series(IEnumerable<double> values) => [.. values.Select(v => JsonValue.Create(v))];
}
