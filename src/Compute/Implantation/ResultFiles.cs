using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Plots;
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

    /// <summary>The LoRA in both layouts, and one file for each object's vectors.</summary>
    /// <param name="lora">The LoRA.</param>
    /// <param name="vectors">The vectors of all objects.</param>
    /// <param name="preparation">The prepared job.</param>
    public void WriteWeights(LoraNetwork lora, Tensor vectors, Preparation preparation)
    {
        var spec = new ModelSpec
        {
            Title = options.Name,
            BaseModel = models.Folder.Name,
            IsStableDiffusion2 = models.TextEncoder.Config.HiddenSize == 1024,
            PredictsV = models.Scheduler.Prediction == PredictionType.Velocity,
            Resolution = options.Resolution,
            Description = $"One-shot implantation of {string.Join(" and ", objects.Select(o => o.Class))} from a single photo (Lu, Xie and Guo 2024).",
            TriggerPhrase = string.Join(", ", objects.Select(o => o.Token)),
            UsageHint = "Load together with the files of learned_embeds, and name the tokens in the prompt.",
        };
        LoraFile.WriteKohya(Path.Combine(folder, $"{options.Name}.safetensors"), lora, spec);
        LoraFile.WritePeft(Path.Combine(folder, ImplantationFiles.PeftLora), lora, spec);
        var tokens = Directory.CreateDirectory(Path.Combine(folder, ImplantationFiles.EmbeddingsFolder)).FullName;
        var row = 0L;
        foreach (var token in preparation.Tokens)
        {
            using var scope = NewDisposeScope();
            LearnedEmbeddingsFile.Write(
                Path.Combine(tokens, $"{token.Name.Trim('<', '>')}.safetensors"),
                token.Name,
                vectors.detach().narrow(0, row, token.Count),
                spec
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
        PngWriter.Write(
            Path.Combine(folder, "curves.png"),
            CurvesPlot.Render(
                new TrainingCurves
                {
                    Total = [.. curves.Steps.Select(s => s.Total)],
                    Global = [.. curves.Steps.Select(s => s.Global)],
                    Object = [.. curves.Steps.Select(s => s.Object)],
                    Class = [.. curves.Steps.Select(s => s.Class)],
                    Prototypes = [.. prototypes.Select((p, i) => new Plots.PrototypeCurve(objects[i].Token, p.Losses))],
                }
            )
        );

    /// <summary>Metrics and curves as numbers.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <param name="curves">The losses.</param>
    /// <param name="prototypes">L_PE by object.</param>
    public void WriteMetrics(SampleMetrics metrics, LossCurves curves, IReadOnlyList<PrototypeCurve> prototypes)
    {
        var document = JsonSerializer.SerializeToNode(metrics, s_json)!.AsObject();
        document["losses"] = new JsonObject
        {
            ["global"] = Series(curves.Steps.Select(s => s.Global)),
            ["object"] = Series(curves.Steps.Select(s => s.Object)),
            ["class"] = Series(curves.Steps.Select(s => s.Class)),
        };
        document["prototypes"] = new JsonObject(
            prototypes.Select(
                (p, i) => KeyValuePair.Create<string, JsonNode?>(objects[i].Token, new JsonObject { ["losses"] = Series(p.Losses), ["best_step"] = p.BestStep })
            )
        );
        File.WriteAllText(Path.Combine(folder, "metrics.json"), document.ToJsonString(s_json) + "\n");
    }

    private static JsonArray Series(IEnumerable<double> values) => [.. values.Select(v => JsonValue.Create(v))];
}
