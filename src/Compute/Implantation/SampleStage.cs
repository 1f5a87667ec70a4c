using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Draws the samples of a run and measures them.</summary>
/// <param name="models">The base model, with the LoRA attached or merged.</param>
/// <param name="objects">The objects.</param>
/// <param name="options">Options.</param>
internal sealed class SampleStage(LoadedModels models, IReadOnlyList<ImplantationObject> objects, ImplantationOptions options)
{
    /// <summary>Finds what the frozen model has drawn already, or draws it.</summary>
    public FrozenRecall Recall { get; init; } = static (_, _, draw) => draw();

    /// <summary>Draws all samples, prompt by prompt.</summary>
    /// <param name="vectors">The learned vectors.</param>
    /// <param name="observer">Told of the steps and of prompts that are cut.</param>
    /// <param name="samples">Takes them as they are drawn: those of the prompts before one that fails stay.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="NotFiniteNumberException">What the model computes is no number.</exception>
    public void Draw(Tensor vectors, IImplantationObserver observer, ICollection<Sample> samples, CancellationToken cancellationToken)
    {
        var prompts = SamplePrompts.Choose(options.Prompts, [.. objects.Select(o => o.Token)]);
        using var encoder = new PromptEncoder(models.TextEncoder, models.Tokenizer, vectors);
        var painter = new TextToImage(models.UNet, models.Vae, encoder, models.Scheduler);
        for (var p = 0; p < prompts.Count && options.SamplesPerPrompt > 0; p++)
        {
            var prompt = prompts[p];
            if (encoder.IsTruncated(prompt))
            {
                observer.Warning($"The prompt \"{prompt}\" is longer than the text encoder's {models.Tokenizer.ContextLength} positions; its end is not seen.");
            }

            var pictures = painter.Draw(
                Request(prompt, options.SamplesPerPrompt, options.SamplingSteps),
                null,
                (done, all) => Observe(observer, p, prompts.Count, done, all),
                cancellationToken
            );
            for (var i = 0; i < pictures.Count; i++)
            {
                samples.Add(new Sample("samples/" + SamplePrompts.FileName(p, prompt, i), prompt, i, pictures[i]));
            }
        }
    }

    /// <summary>Draws one quick picture of the first prompt, and measures it.</summary>
    /// <param name="vectors">The learned vectors.</param>
    /// <param name="joint">The joint space; null without a CLIP.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>The preview.</returns>
    public Preview DrawPreview(Tensor vectors, JointSpace? joint, Preparation preparation, CancellationToken cancellationToken)
    {
        const int Steps = SamplingCheck.PreviewSteps;
        var prompt = SamplePrompts.Choose(options.Prompts, [.. objects.Select(o => o.Token)])[0];
        using var encoder = new PromptEncoder(models.TextEncoder, models.Tokenizer, vectors);
        var painter = new TextToImage(models.UNet, models.Vae, encoder, models.Scheduler);
        var picture = painter.Draw(Request(prompt, 1, Math.Min(Steps, options.SamplingSteps)), null, null, cancellationToken)[0];
        var measured = joint is null ? null : MeasureOne(new Sample("", prompt, 0, picture), joint, preparation);
        return new Preview(PngWriter.Encode(picture), measured is null ? null : Summarise([measured]));
    }

    /// <summary>Draws the picture of a prompt without learned words from the noise of a prompt's first sample.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>The picture.</returns>
    public RgbImage DrawPlain(string prompt, CancellationToken cancellationToken)
    {
        var request = Request(prompt, 1, options.SamplingSteps);
        return Recall(
            request,
            "",
            () =>
            {
                using var encoder = new PromptEncoder(models.TextEncoder, models.Tokenizer, null);
                return new TextToImage(models.UNet, models.Vae, encoder, models.Scheduler).Draw(request, null, null, cancellationToken);
            }
        )[0];
    }

    /// <summary>How a sample was drawn, for its metadata.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="modelHash">The base model's hash.</param>
    public PictureSettings Describe(Sample sample, string modelHash) =>
        new()
        {
            Prompt = sample.Prompt,
            Steps = options.SamplingSteps,
            Scheduler = options.Scheduler,
            Guidance = options.GuidanceScale,
            Seed = options.Seed,
            Index = sample.Index,
            Width = sample.Image.Width,
            Height = sample.Image.Height,
            Model = models.Folder.Name,
            ModelHash = modelHash,
            Loras = options.Method.HasLora() ? new Dictionary<string, double> { [options.Name] = 1 } : new Dictionary<string, double>(),
            Tokens = [.. objects.Select(o => o.Token)],
            ScheduleType = PictureSettings.ScheduleTypeOf(options.Scheduler, models.Scheduler.UseKarrasSigmas == true),
            Precision = options.Precision.Name(),
            Version = PictureSettings.ThisVersion,
        };

    /// <summary>Measures the samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="joint">The joint space; null without a CLIP.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="curves">L_PE by object; empty without the prototypical embedding.</param>
    /// <param name="vectors">The learned vectors.</param>
    /// <param name="plain">Pictures of the plain class names; null without any.</param>
    /// <returns>Cosines.</returns>
    public SampleMetrics Measure(
        IReadOnlyList<Sample> samples,
        JointSpace? joint,
        Preparation preparation,
        IReadOnlyList<PrototypeCurve> curves,
        Tensor vectors,
        PlainSamples? plain
    )
    {
        var ofClass = joint is null ? null : plain?.Measure(joint, preparation);
        var pictures = joint is null ? [] : samples.Select(s => MeasureOne(s, joint, preparation)).ToList();
        var summary = Summarise(pictures);
        return summary with
        {
            PrototypeSimilarity = Mean(curves.Select(c => c.Similarity)),
            Objects =
            [
                .. objects.Select(
                    (o, i) =>
                        summary.Objects[i] with
                        {
                            PrototypeSimilarity = curves.Count > 0 ? curves[i].Similarity : null,
                            IaCompared = ofClass?[i] is null ? null : Mean(pictures.Where(p => Compares(p, o)).Select(p => p.IaObject[o.Token])),
                            IaClass = ofClass?[i],
                        }
                ),
            ],
            TokenCosines = objects.Count > 1 ? CompareTokens(joint, preparation, vectors) : null,
        };

        bool Compares(PictureMetrics picture, ImplantationObject one) => plain?.Covers(picture.Prompt) == true && picture.Named.Contains(one.Token);
    }

    /// <summary>The means of pictures.</summary>
    private SampleMetrics Summarise(IReadOnlyList<PictureMetrics> pictures) =>
        new(
            Mean(pictures.Select(p => p.Ia!.Value)),
            Mean(pictures.Select(p => p.Ta!.Value)),
            null,
            [
                .. objects.Select(o => new ObjectMetrics(
                    o.Token,
                    o.Class,
                    Mean(pictures.Where(p => p.Named.Contains(o.Token)).Select(p => p.IaObject[o.Token])),
                    null
                )),
            ],
            pictures
        );

    private List<TokenCosine> CompareTokens(JointSpace? joint, Preparation preparation, Tensor vectors)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var means = new List<Tensor>();
        var row = 0L;
        foreach (var token in preparation.Tokens)
        {
            means.Add(vectors.narrow(0, row, token.Count).mean([0], keepdim: true));
            row += token.Count;
        }

        var texts = joint is null ? null : preparation.Prompts.Own.Select(ids => joint.Text(ids, vectors)).ToList();
        var pairs = new List<TokenCosine>();
        for (var i = 0; i < objects.Count; i++)
        {
            for (var j = i + 1; j < objects.Count; j++)
            {
                pairs.Add(
                    new TokenCosine(
                        objects[i].Token,
                        objects[j].Token,
                        Cosine.Of(means[i], means[j]).item<float>(),
                        texts is null ? null : Cosine.Of(texts[i], texts[j]).item<float>()
                    )
                );
            }
        }

        return pairs;
    }

    private PictureMetrics MeasureOne(Sample sample, JointSpace joint, Preparation preparation)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var image = joint.Images(sample.Image);
        var text = joint.Text(models.Tokenizer.EncodePrompts([SamplePrompts.WithClassNames(sample.Prompt, objects)]).to(models.Device), null);
        double Against(Tensor reference) => Cosine.Of(image, reference).item<float>();
        return new PictureMetrics(
            sample.Path,
            sample.Prompt,
            Against(preparation.ImageEmbedding!),
            Against(text),
            [.. objects.Select(o => o.Token).Where(t => sample.Prompt.Contains(t, StringComparison.OrdinalIgnoreCase))],
            objects.Select((o, i) => (o.Token, i)).ToDictionary(o => o.Token, o => Against(preparation.MaskedEmbeddings[o.i]))
        );
    }

    private SamplingRequest Request(string prompt, int count, int steps) =>
        new()
        {
            Prompt = prompt,
            Scheduler = options.Scheduler,
            Steps = steps,
            GuidanceScale = options.GuidanceScale,
            Width = options.Resolution,
            Height = options.Resolution,
            Seed = options.Seed,
            Count = count,
        };

    private static void Observe(IImplantationObserver observer, int prompt, int prompts, int done, int all) =>
        observer.Progress(ImplantationStage.Sampling, (prompt * all) + done, prompts * all);

    private static double? Mean(IEnumerable<double> values)
    {
        var all = values.ToList();
        return all.Count == 0 ? null : all.Average();
    }
}

/// <summary>A picture of how it goes.</summary>
/// <param name="Png">The picture.</param>
/// <param name="Metrics">Its alignment; null without a CLIP.</param>
internal sealed record Preview(byte[] Png, SampleMetrics? Metrics);

/// <summary>A drawn sample.</summary>
/// <param name="Path">Its file, relative to the result.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Index">Number among the pictures of its prompt, from 0.</param>
/// <param name="Image">The picture.</param>
internal sealed record Sample(string Path, string Prompt, int Index, RgbImage Image);
