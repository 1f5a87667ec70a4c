using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Sampling;

public sealed class PipelineGoldenTests
{
    /// <summary>All cases of pipeline.json.</summary>
    public static TheoryData<string> Cases() =>
        [.. JsonNode.Parse(File.ReadAllText(Golden.PathOf("pipeline", "pipeline.json")))!.AsObject().Select(c => c.Key)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_OfTheTinyModel_GivesTheReferencePicture(string name)
    {
        using var scope = NewDisposeScope();
        var settings = JsonNode.Parse(File.ReadAllText(Golden.PathOf("pipeline", "pipeline.json")))![name]!;
        var expected = Golden.ReadTo(TestDevice.Device, "pipeline", "pipeline.safetensors");
        using var models = LoadedModels.Load(ModelFolder.Open(Golden.PathOf("sd15-tiny")), ScalarType.Float32, TestDevice.Device);

        Tensor? vectors = null;
        IDisposable? merged = null;
        if (settings["lora_scale"] is { } scale)
        {
            var embedding = LearnedEmbeddingsFile.Read(Golden.PathOf("embeds", "learned_embeds.safetensors"));
            models.Tokenizer.AddLearnedToken(embedding.Names.Name, (int)embedding.Vectors.shape[0]);
            vectors = embedding.Vectors.to(TestDevice.Device);
            var network = LoraFile.ReadNetwork(
                Golden.PathOf("lora", "r4-kohya", "pytorch_lora_weights.safetensors"),
                models.UNet.AdaptableLayers,
                TestDevice.Device
            );
            merged = network.MergeInto(models.UNet.AdaptableLayers, (double)scale);
        }

        using (merged)
        {
            using var prompts = new PromptEncoder(models.TextEncoder, models.Tokenizer, vectors);
            var positive = prompts.Encode((string)settings["prompt"]!);
            var negative = (double)settings["guidance_scale"]! == 1 ? null : prompts.Encode((string)settings["negative_prompt"]!);
            if (expected.TryGetValue($"{name}.prompt_embeds", out var embeds))
            {
                Golden.AssertClose(positive, embeds, 1e-5, $"{name}.prompt_embeds");
            }

            var scheduler = SchedulerFactory.Create(NameOf((string)settings["sampler"]!), models.Scheduler, (int)settings["steps"]!);
            Assert.Equal(settings["timesteps"]!.AsArray().Select(t => (float)t!), scheduler.Timesteps.Select(t => (float)t));
            var steps = new List<Tensor>();
            var latents = new GuidedDenoiser(models.UNet).Run(
                expected["latents"],
                positive,
                negative,
                (double)settings["guidance_scale"]!,
                scheduler,
                (_, x) => steps.Add(x.clone().DetachFromDisposeScope())
            );
            if (expected.TryGetValue($"{name}.step_latents", out var trajectory))
            {
                Golden.AssertClose(cat(steps), trajectory, 1e-3, $"{name}.step_latents");
            }

            Golden.AssertClose(latents, expected[$"{name}.final_latents"], 1e-3, $"{name}.final_latents");

            using var guard = no_grad();
            var image = TextToImage.ToUnitRange(models.Vae.Decode(latents.Div(models.Vae.Config.ScalingFactor)))[0].permute(1, 2, 0);
            var deviation = Golden.Deviation(image, expected[$"{name}.image"]);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}.image: {deviation:E2} absolute (tolerance 1E-04)");
            Assert.True(deviation <= TestDevice.Tolerance(1e-4), $"{name}.image deviates by {deviation:E2}.");

            var bytes = ImageTensors.ToBytes(ImageTensors.ToImages(image)[0]);
            var rounded = Golden.Deviation(bytes, expected[$"{name}.image"].Mul(255).round());
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}.png: {rounded} of 255 (tolerance 2)");
            Assert.True(rounded <= 2, $"{name}: the picture deviates by {rounded} of 255.");
        }
    }

    private static string NameOf(string sampler) =>
        sampler switch
        {
            "DDIMScheduler" => "ddim",
            "DPMSolverMultistepScheduler" => "dpm++",
            "EulerDiscreteScheduler" => "euler",
            _ => "pndm",
        };
}
