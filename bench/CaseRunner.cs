using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Bench;

/// <summary>Runs one case in this process, which must have run no other: peak memory is the process's.</summary>
internal static class CaseRunner
{
    private const int Tokens = 77;
    private const int TextWidth = 768;
    private const int Pixels = 512;
    private const int LatentSide = Pixels / 8;
    private const long Seed = 0;

    public static BenchResult Run(BenchCase wanted)
    {
        TorchRuntime.Initialise();
        var seconds = wanted.Name switch
        {
            BenchCases.Train => Train(wanted, recomputes: false),
            BenchCases.TrainCheckpointed => Train(wanted, recomputes: true),
            BenchCases.Forward => Forward(wanted),
            BenchCases.VaeEncode => Encode(wanted),
            BenchCases.VaeDecode => Decode(wanted),
            BenchCases.Text => Text(wanted),
            _ => throw new ArgumentException($"There is no case {wanted.Name}.", nameof(wanted)),
        };
        var peak = Measurement.PeakGb();
        return new BenchResult(wanted.Name, wanted.Precision, wanted.Batch, seconds, Measurement.GemmGflops(wanted.Type), peak);
    }

    private static double Train(BenchCase wanted, bool recomputes)
    {
        using var unet = UNet(wanted);
        unet.RecomputesActivations = recomputes;
        using var generator = new Generator((ulong)Seed);
        using var network = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(), generator);
        network.Attach(unet.AdaptableLayers);
        using var optimiser = new FlatAdamW([network.Parameters], 1e-4);
        using var scope = NewDisposeScope();
        var (latents, timesteps, states) = Inputs(wanted.Batch);
        var target = randn_like(latents);
        return Measurement.MedianSeconds(() =>
        {
            using var step = NewDisposeScope();
            optimiser.ZeroGradients();
            nn.functional.mse_loss(unet.call(latents, timesteps, states).to(ScalarType.Float32), target).backward();
            optimiser.Step();
        });
    }

    private static double Forward(BenchCase wanted)
    {
        using var guard = no_grad();
        using var unet = UNet(wanted);
        using var scope = NewDisposeScope();
        var (latents, timesteps, states) = Inputs(wanted.Batch);
        return Measurement.MedianSeconds(() => unet.call(latents, timesteps, states).Dispose());
    }

    private static double Encode(BenchCase wanted)
    {
        using var guard = no_grad();
        using var vae = Vae(wanted);
        using var scope = NewDisposeScope();
        var image = rand(wanted.Batch, 3, Pixels, Pixels).MulInPlace(2).AddInPlace(-1);
        return Measurement.MedianSeconds(() => vae.Encode(image).Dispose());
    }

    private static double Decode(BenchCase wanted)
    {
        using var guard = no_grad();
        using var vae = Vae(wanted);
        using var scope = NewDisposeScope();
        var latents = randn(wanted.Batch, 4, LatentSide, LatentSide);
        return Measurement.MedianSeconds(() => vae.Decode(latents).Dispose());
    }

    private static double Text(BenchCase wanted)
    {
        using var guard = no_grad();
        using var encoder = new ClipTextModel(ClipTextConfig.Read(ConfigOf("text_encoder")));
        RandomWeights.Fill(encoder, wanted.Type, CPU, Seed);
        using var scope = NewDisposeScope();
        var ids = randint(49406, [wanted.Batch, Tokens], ScalarType.Int64);
        return Measurement.MedianSeconds(() => encoder.call(ids, null).Dispose());
    }

    private static UNet2DConditionModel UNet(BenchCase wanted)
    {
        var unet = new UNet2DConditionModel(UNetConfig.Read(ConfigOf("unet")));
        RandomWeights.Fill(unet, wanted.Type, CPU, Seed);
        return unet;
    }

    private static AutoencoderKL Vae(BenchCase wanted)
    {
        var vae = new AutoencoderKL(VaeConfig.Read(ConfigOf("vae")));
        RandomWeights.Fill(vae, wanted.Type, CPU, Seed);
        return vae;
    }

    private static (Tensor Latents, Tensor Timesteps, Tensor States) Inputs(int batch) =>
        (randn(batch, 4, LatentSide, LatentSide), TensorMath.Full([batch], 420, ScalarType.Int64), randn(batch, Tokens, TextWidth));

    private static string ConfigOf(string part) => Path.Combine(AppContext.BaseDirectory, "Configs", $"sd15_{part}.config.json");
}
