using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Sampling;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.SingleFile;

/// <summary>A small picture by a model folder.</summary>
internal static class Drawing
{
    public static byte[] Of(string folder)
    {
        using var scope = NewDisposeScope();
        using var models = LoadedModels.Load(ModelFolder.Open(folder), ScalarType.Float32, CPU);
        using var prompts = new PromptEncoder(models.TextEncoder, models.Tokenizer, null);
        var pictures = new TextToImage(models.UNet, models.Vae, prompts, models.Scheduler).Draw(
            new SamplingRequest
            {
                Prompt = "a photo of a cat",
                Steps = 3,
                Width = 64,
                Height = 64,
                Seed = 7,
            }
        );
        return Assert.Single(pictures).Pixels.ToArray();
    }
}
