using System.Globalization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>Draws pictures (diffusers' <c>StableDiffusionPipeline</c>).</summary>
/// <param name="unet">The UNet, with its adapters attached or merged.</param>
/// <param name="vae">The VAE.</param>
/// <param name="prompts">The text side.</param>
/// <param name="schedulerConfig">The model's own scheduler settings.</param>
/// <param name="frozen">The model before it learned anything, for requests with personalization guidance; null where none has it.</param>
public sealed class TextToImage(UNet2DConditionModel unet, AutoencoderKL vae, PromptEncoder prompts, SchedulerConfig schedulerConfig, WeakModel? frozen = null)
{
    /// <summary>Latent elements that are denoised at once: small pictures share a batch, from 64 x 64 latents on each goes alone.</summary>
    private const long BatchElements = 64 * 64;

    /// <summary>Draws the pictures of a request.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="latents">Given noise (N, 4, h, w), unit normal, before the scheduler's init_noise_sigma; null draws it from the seed.</param>
    /// <param name="observe">Called after each call of the UNet with (calls done, calls in all); may be null.</param>
    /// <param name="cancellationToken">Stops between two calls.</param>
    /// <returns>The pictures in order.</returns>
    /// <exception cref="InvalidInputException">The size doesn't fit the VAE, or a setting is out of range.</exception>
    public IReadOnlyList<RgbImage> Draw(
        SamplingRequest request,
        Tensor? latents = null,
        Action<int, int>? observe = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var noise = latents?.to(ScalarType.Float32) ?? Noise(request);
        var device = prompts.Encode(request.Prompt).device;
        var personalization =
            request.PersonalizationGuidance == 1 ? null
            : frozen is null ? throw new InvalidOperationException("Personalization guidance needs the frozen model.")
            : new PersonalizationGuidance(frozen, frozen.Encode(request.Prompt), request.PersonalizationGuidance);
        var perBatch = (int)Math.Max(1, BatchElements / (noise.shape[2] * noise.shape[3]));
        var pictures = new List<RgbImage>();
        var count = (int)noise.shape[0];
        var batches = (count + perBatch - 1) / perBatch;
        var rows = Math.Min(perBatch, count) * (request.GuidanceScale == 1 ? 1 : 2);
        using var share = ThreadShare.Take(OperationWork.OfUNet(device.ToString(), unet.Config, noise.shape[2], noise.shape[3], rows));
        for (var batch = 0; batch < batches; batch++)
        {
            using var inner = NewDisposeScope();
            using var scheduler = SchedulerFactory.Create(request.Scheduler, schedulerConfig, request.Steps);
            var first = batch * perBatch;
            var before = batch * scheduler.Timesteps.Count;
            var all = batches * scheduler.Timesteps.Count;
            var clean = new GuidedDenoiser(unet).Run(
                noise.narrow(0, first, Math.Min(perBatch, count - first)).to(device),
                prompts.Encode(request.Prompt),
                request.GuidanceScale == 1 ? null : prompts.Encode(request.NegativePrompt),
                request.GuidanceScale,
                scheduler,
                observe is null ? null : (calls, _) => observe(before + calls, all),
                call => SamplerNoise(request.Seed, first, [.. noise.shape[1..]], Math.Min(perBatch, count - first), call),
                personalization,
                cancellationToken
            );
            pictures.AddRange(Decode(clean));
        }

        return pictures;
    }

    /// <summary>Latents to pictures, one at a time: the VAE's memory at full size is what limits.</summary>
    /// <param name="latents">(N, 4, h, w), with the scaling factor still in them.</param>
    /// <returns>N pictures.</returns>
    /// <exception cref="NotFiniteNumberException">A picture is no number.</exception>
    public IEnumerable<RgbImage> Decode(Tensor latents)
    {
        var pictures = new List<RgbImage>();
        for (var i = 0L; i < latents.shape[0]; i++)
        {
            using var guard = inference_mode();
            using var scope = NewDisposeScope();
            var decoded = vae.Decode(latents.narrow(0, i, 1).Div(vae.Config.ScalingFactor));
            decoded.RequireFinite("The picture that the VAE decodes");
            pictures.AddRange(ImageTensors.ToImages(ToUnitRange(decoded)));
        }

        return pictures;
    }

    /// <summary>The VAE's range [-1, 1] to [0, 1], clamped, float32.</summary>
    internal static Tensor ToUnitRange(Tensor decoded) => decoded.to(ScalarType.Float32).Div(2).Add(0.5).Clamp(0, 1);

    // Of each picture by itself, so that it is the same whatever it shares a batch with.
    private static Tensor SamplerNoise(long seed, int firstPicture, long[] shape, int pictures, int call) =>
        cat([
            .. Enumerable
                .Range(firstPicture, pictures)
                .Select(picture =>
                {
                    using var random = new KeyedRandom(seed, picture, RandomPurpose.SamplerNoise, call.ToString(CultureInfo.InvariantCulture));
                    return random.Normal([1, .. shape]);
                }),
        ]);

    private Tensor Noise(SamplingRequest request)
    {
        var factor = vae.Config.Factor;
        if (request.Width < factor || request.Height < factor || request.Width % factor != 0 || request.Height % factor != 0)
        {
            throw new InvalidInputException(
                $"The size {request.Width} x {request.Height} must be made of multiples of {factor}, the VAE's factor.",
                request.Width % factor != 0 ? "width" : "height",
                $"Use {Math.Max(1, request.Width / factor) * factor} x {Math.Max(1, request.Height / factor) * factor}."
            );
        }

        long[] shape = [1, vae.Config.LatentChannels, request.Height / factor, request.Width / factor];
        return cat([
            .. Enumerable
                .Range(0, request.Count)
                .Select(i =>
                {
                    using var random = new KeyedRandom(request.Seed, i, RandomPurpose.SampleLatents);
                    return random.Normal(shape);
                }),
        ]);
    }
}
