using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;

namespace OrleansOneShot.Cli.Generation;

/// <summary>Draws a plan's pictures with OrleansOneShot.Compute.Sampling. Starts no silo.</summary>
internal static class PictureDrawing
{
    /// <summary>Draws.</summary>
    /// <param name="plan">What to draw.</param>
    /// <param name="observe">Called with (steps done, steps in all); may be null.</param>
    /// <param name="say">Told what people should read.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns><see cref="GenerationPlan.Count"/> pictures for each prompt, prompt by prompt.</returns>
    public static IEnumerable<DrawnPicture> Draw(GenerationPlan plan, Action<int, int>? observe, Action<string> say, CancellationToken cancellationToken)
    {
        var folder = plan.Model.Folder;
        FetchedModel.Require(folder.Name, folder.Path);
        var deviceName = TorchDevices.Resolve(plan.Device);
        var asked = plan.Precision;
        var precision = new PrecisionChooser(plan.Data).Decide(asked, folder, Math.Max(plan.Width, plan.Height), deviceName, say);
        if (asked != Precision.Auto)
        {
            say($"precision {precision.Name()}, as asked");
        }

        return new PictureSeries
        {
            Model = folder,
            Prompts = plan.Prompts,
            NegativePrompt = plan.Negative,
            Loras = plan.Loras,
            UNet = plan.UNet,
            Embeddings = plan.Embeddings,
            Steps = plan.Steps,
            Scheduler = plan.Scheduler,
            Guidance = plan.Guidance,
            PersonalizationGuidance = plan.PersonalizationGuidance,
            Classes = plan.Classes,
            Seed = plan.Seed,
            Count = plan.Count,
            Width = plan.Width,
            Height = plan.Height,
            Latents = plan.Latents,
            Precision = precision,
            Device = deviceName,
            PromptsAt = "--prompt or --negative",
        }.Draw(observe, say, say, cancellationToken);
    }
}
