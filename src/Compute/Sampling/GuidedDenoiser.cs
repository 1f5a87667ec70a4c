using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>The denoising loop with classifier-free guidance: one batch, the negative prompt first (diffusers' <c>StableDiffusionPipeline</c>).</summary>
/// <param name="unet">The UNet.</param>
public sealed class GuidedDenoiser(UNet2DConditionModel unet)
{
    /// <summary>Turns noise into latents.</summary>
    /// <param name="noise">Unit normal noise (B, 4, h, w), before the scheduler's init_noise_sigma.</param>
    /// <param name="positive">States of the prompts, (B, L, d) or (1, L, d).</param>
    /// <param name="negative">States of the negative prompt, (1, L, d); null switches guidance off.</param>
    /// <param name="guidanceScale">Weight of the difference.</param>
    /// <param name="scheduler">A fresh scheduler.</param>
    /// <param name="observe">Called after each call of the model with (calls done, latents); may be null.</param>
    /// <param name="samplerNoise">
    /// Gives the noise that a scheduler adds at a call, (B, 4, h, w) on whatever device; may be null for those that add none.
    /// </param>
    /// <param name="personalization">
    /// Guidance between the frozen and the tuned model, which costs one row more a call: in the same batch where both have the same weights, else in a pass of
    /// its own; null: none.
    /// </param>
    /// <param name="cancellationToken">Stops between two calls.</param>
    /// <returns>Clean latents (B, 4, h, w), in the outer dispose scope.</returns>
    /// <exception cref="NotFiniteNumberException">What the UNet computes is no number.</exception>
    public Tensor Run(
        Tensor noise,
        Tensor positive,
        Tensor? negative,
        double guidanceScale,
        IScheduler scheduler,
        Action<int, Tensor>? observe = null,
        Func<int, Tensor>? samplerNoise = null,
        PersonalizationGuidance? personalization = null,
        CancellationToken cancellationToken = default
    )
    {
        using var guard = inference_mode();
        using var outer = NewDisposeScope();
        var batch = noise.shape[0];
        var frozen = personalization is null ? null : Expand(personalization.States, batch);
        var shares = personalization?.Frozen.IsOneWith(unet) == true;
        List<Tensor> prompts = [];
        if (negative is not null)
        {
            prompts.Add(Expand(negative, batch));
        }

        prompts.Add(Expand(positive, batch));
        if (shares)
        {
            prompts.Add(frozen!);
        }

        var states = prompts.Count == 1 ? prompts[0] : cat(prompts);
        var latents = noise.Mul(scheduler.InitNoiseSigma);
        for (var call = 0; call < scheduler.Timesteps.Count; call++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var input = scheduler.ScaleModelInput(latents, call);
            var timestep = tensor([(float)scheduler.Timesteps[call]], device: noise.device);
            var prediction = unet.call(prompts.Count == 1 ? input : cat([.. Enumerable.Repeat(input, prompts.Count)]), timestep, states).to(ScalarType.Float32);
            if (call == 0)
            {
                // Before the other steps are spent; later a number that is none stays one to the end.
                prediction.RequireFinite("What the UNet predicts");
            }

            var rows = prompts.Count == 1 ? [prediction] : prediction.chunk(prompts.Count);
            prediction = rows[negative is null ? 0 : 1];
            if (personalization is not null)
            {
                var weak = shares ? rows[^1] : personalization.Frozen.Predict(input, timestep, frozen!).to(ScalarType.Float32);
                prediction = weak.Add((prediction - weak).Mul(personalization.Scale));
            }

            if (negative is not null)
            {
                prediction = rows[0].Add((prediction - rows[0]).Mul(guidanceScale));
            }

            var next = scheduler
                .Step(prediction, call, latents, scheduler.AddsNoise ? samplerNoise?.Invoke(call).to(latents.device) : null)
                .MoveToOuterDisposeScope();
            latents.Dispose();
            latents = next;
            observe?.Invoke(call + 1, latents);
        }

        latents.RequireFinite("The picture that the UNet and the scheduler end with");
        return latents.MoveToOuterDisposeScope();
    }

    private static Tensor Expand(Tensor states, long batch) => states.shape[0] == batch ? states : states.expand(batch, -1, -1);
}
