using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Tokenization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// The tiny model as one that predicts v, under a noise schedule of its own, loaded for the reference's use: its modules are compared with diffusers' and
/// transformers' elsewhere, what is done with them is not taken from the production code here.
/// </summary>
public sealed class ReferenceModel : IDisposable
{
    /// <summary>Stable Diffusion 1's factor between the VAE's latents and the UNet's, which the tiny model's files leave to the default.</summary>
    internal const double ScalingFactor = 0.18215;

    private const double BetaStart = 0.001;
    private const double BetaEnd = 0.02;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-reference-");

    public ReferenceModel()
    {
        var source = Golden.PathOf("sd15-tiny");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var scheduler = Path.Combine(Folder, "scheduler", "scheduler_config.json");
        var config = JsonNode.Parse(File.ReadAllText(scheduler))!;
        (config["prediction_type"], config["beta_start"], config["beta_end"]) = ("v_prediction", BetaStart, BetaEnd);
        File.WriteAllText(scheduler, config.ToJsonString());

        var folder = ModelFolder.Open(Folder);
        UNet = folder.LoadUNet(ScalarType.Float32, CPU);
        Vae = folder.LoadVae(ScalarType.Float32, CPU);
        TextEncoder = folder.LoadTextEncoder(ScalarType.Float32, CPU);
        Clip = folder.LoadClip(ScalarType.Float32, CPU);
        Preprocessor = ClipPreprocessor.Load(folder.ClipFolder!);
    }

    internal string Folder => Path.Combine(_folder.FullName, "tiny-v");

    internal UNet2DConditionModel UNet { get; }

    internal AutoencoderKL Vae { get; }

    internal ClipTextModel TextEncoder { get; }

    internal ClipModel Clip { get; }

    internal ClipPreprocessor Preprocessor { get; }

    /// <summary>abar by timestep: the product of 1 - beta, whose root grows evenly.</summary>
    internal static double AlphaBar(int timestep)
    {
        var product = 1.0;
        for (var t = 0; t <= timestep; t++)
        {
            var root = Math.Sqrt(BetaStart) + ((Math.Sqrt(BetaEnd) - Math.Sqrt(BetaStart)) * t / 999);
            product *= 1 - (root * root);
        }

        return product;
    }

    /// <summary>A tokenizer that knows no learned token.</summary>
    internal ClipTokenizer NewTokenizer() => ClipTokenizer.Load(Path.Combine(Folder, "tokenizer"), 77);

    public void Dispose()
    {
        UNet.Dispose();
        Vae.Dispose();
        TextEncoder.Dispose();
        Clip.Dispose();
        _folder.Delete(recursive: true);
    }
}
