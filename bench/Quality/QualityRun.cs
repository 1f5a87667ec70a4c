using System.Diagnostics;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Metrics;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Bench.Quality;

/// <summary>Implants a sample object into the toy model and compares what it draws with what the frozen model draws for the class word.</summary>
/// <param name="root">The checkout's root.</param>
/// <param name="scenes">Ends of the prompts.</param>
internal sealed class QualityRun(string root, IReadOnlyList<string> scenes)
{
    public QualityLine Measure(string name, string className, ImplantationOptions options)
    {
        var folder = ModelFolder.Open(Path.Combine(root, "models", "toyworld-64"));
        var token = $"<{className.Replace(' ', '-')}>";
        var inputs = new ImplantationInputs(
            File.ReadAllBytes(Path.Combine(root, "samples", $"{name}.png")),
            [new ImplantationObject(className, token, File.ReadAllBytes(Path.Combine(root, "samples", $"{name}-mask.png")))]
        );
        var work = Directory.CreateTempSubdirectory("oneshot-quality-");
        try
        {
            var clock = Stopwatch.StartNew();
            var learned = new ImplantationRun(
                folder,
                inputs,
                options with
                {
                    Name = name,
                    Prompts = [.. scenes.Select(s => $"a {token} {s}")],
                },
                new SilentObserver()
            )
                .Execute(work.FullName, null, CancellationToken.None)
                .Metrics;
            var seconds = clock.Elapsed.TotalSeconds;
            var (plainIa, plainTa) = Plain(folder, inputs, className, options);
            return new QualityLine(name, learned.Objects[0].IaObject!.Value, plainIa, learned.Ta!.Value, plainTa, learned.Ia!.Value, seconds);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private (double IaObject, double Ta) Plain(ModelFolder folder, ImplantationInputs inputs, string className, ImplantationOptions options)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var models = LoadedModels.Load(folder, ScalarType.Float32, CPU);
        using var joint = models.LoadJointSpace()!;
        using var prompts = new PromptEncoder(models.TextEncoder, models.Tokenizer, null);
        var photo = ImageReader.Read(inputs.Photo, "photo");
        var crop = TrainingCrop.Create(photo, [MaskReader.Read(inputs.Objects[0].Mask, "mask", photo.Width, photo.Height)], options.Resolution);
        var reference = joint.Images(MaskedImage.Create(crop.Image, crop.Masks[0]));
        var painter = new TextToImage(models.UNet, models.Vae, prompts, models.Scheduler);
        var (ia, ta) = (new List<double>(), new List<double>());
        foreach (var prompt in scenes.Select(s => $"a {className} {s}"))
        {
            var request = new SamplingRequest
            {
                Prompt = prompt,
                Steps = options.SamplingSteps,
                GuidanceScale = options.GuidanceScale,
                Width = options.Resolution,
                Height = options.Resolution,
                Seed = options.Seed,
                Count = options.SamplesPerPrompt,
            };
            var images = joint.Images(painter.Draw(request));
            ia.AddRange(Alignment.ImageAlignment(images, reference));
            ta.AddRange(Alignment.TextAlignment(images, joint.Text(models.Tokenizer.EncodePrompts([prompt]), null).expand(images.shape[0], -1)));
        }

        return (ia.Average(), ta.Average());
    }
}
