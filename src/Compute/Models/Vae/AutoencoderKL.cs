using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Vae;

/// <summary>Stable Diffusion's autoencoder (diffusers' <c>AutoencoderKL</c>) with any number of levels.</summary>
public sealed class AutoencoderKL : Module
{
    private readonly VaeEncoder encoder;
    private readonly VaeDecoder decoder;
    private readonly AdaptableConv2d? quant_conv;
    private readonly AdaptableConv2d? post_quant_conv;

    /// <summary>Creates the model on the meta device: without memory, until weights are loaded.</summary>
    /// <param name="config">The model's configuration, already checked.</param>
    public AutoencoderKL(VaeConfig config)
        : base(nameof(AutoencoderKL))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        encoder = new VaeEncoder(config);
        decoder = new VaeDecoder(config);
        quant_conv = config.UseQuantConv ? Blank.Conv1x1(2 * config.LatentChannels, 2 * config.LatentChannels) : null;
        post_quant_conv = config.UsePostQuantConv ? Blank.Conv1x1(config.LatentChannels, config.LatentChannels) : null;
        RegisterComponents();
    }

    /// <summary>The model's configuration; its scaling factor is the caller's to apply.</summary>
    public VaeConfig Config { get; }

    /// <summary>The element type the model computes in: that of its weights.</summary>
    public ScalarType ComputeType => post_quant_conv?.weight.dtype ?? decoder.parameters().First().dtype;

    /// <summary>The latent distribution of pictures.</summary>
    /// <param name="image">(B, 3, H, W) in [-1, 1]; H and W multiples of the configuration's factor.</param>
    /// <returns>Mean and clamped log-variance, (B, latent, H / f, W / f), in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public VaePosterior Encode(Tensor image)
    {
        long[] shape = image.shape;
        if (shape.Length != 4 || shape[1] != Config.InChannels || shape[2] % Config.Factor != 0 || shape[3] % Config.Factor != 0)
        {
            throw new ArgumentException(
                $"The picture must be (B, {Config.InChannels}, H, W) with H and W multiples of {Config.Factor}, not [{string.Join(", ", shape)}].",
                nameof(image)
            );
        }

        using var scope = NewDisposeScope();
        var moments = encoder.call(image.to(ComputeType));
        var parts = (quant_conv is null ? moments : quant_conv.call(moments)).chunk(2, 1);
        return new VaePosterior(parts[0].MoveToOuterDisposeScope(), parts[1].Clamp(-30, 20).MoveToOuterDisposeScope());
    }

    /// <summary>The pictures of latents.</summary>
    /// <param name="latents">(B, latent, h, w), already divided by the scaling factor.</param>
    /// <returns>(B, 3, f h, f w), about [-1, 1] but not clamped, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public Tensor Decode(Tensor latents)
    {
        long[] shape = latents.shape;
        if (shape.Length != 4 || shape[1] != Config.LatentChannels)
        {
            throw new ArgumentException($"The latents must be (B, {Config.LatentChannels}, h, w), not [{string.Join(", ", shape)}].", nameof(latents));
        }

        using var scope = NewDisposeScope();
        var input = latents.to(ComputeType);
        return decoder.call(post_quant_conv is null ? input : post_quant_conv.call(input)).MoveToOuterDisposeScope();
    }
}
