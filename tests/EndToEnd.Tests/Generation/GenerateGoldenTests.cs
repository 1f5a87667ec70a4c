using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.EndToEnd.Tests.Support;
using static TorchSharp.torch;

namespace OrleansOneShot.EndToEnd.Tests.Generation;

/// <summary><c>oneshot generate</c> draws the pictures that diffusers draws from the same noise.</summary>
public sealed class GenerateGoldenTests : IDisposable
{
    private const double Tolerance = 2;

    private static readonly JsonObject s_cases = JsonNode.Parse(File.ReadAllText(Repository.Golden("pipeline", "pipeline.json")))!.AsObject();

    private readonly TestFolder _folder = new();

    public static TheoryData<string> CaseNames => [.. s_cases.Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Generate_FromTheGoldenNoise_DrawsTheGoldenPicture(string name)
    {
        var settings = s_cases[name]!;
        using var golden = SafetensorsFile.Open(Repository.Golden("pipeline", "pipeline.safetensors"));
        SafetensorsWriter.Write(_folder["noise.safetensors"], new Dictionary<string, Tensor> { ["latents"] = golden.Get("latents") });

        var run = (
            await OneShotProcess.RunAsync([
                "generate",
                "--model",
                Repository.TinyModel,
                "--prompt",
                Text(settings["prompt"]),
                "--negative",
                Text(settings["negative_prompt"]),
                "--latents",
                _folder["noise.safetensors"],
                "--scheduler",
                Scheduler(Text(settings["sampler"])),
                "--steps",
                Text(settings["steps"]),
                "--guidance",
                Text(settings["guidance_scale"]),
                "--width",
                Text(settings["width"]),
                "--height",
                Text(settings["height"]),
                "--precision",
                "fp32",
                "--out",
                _folder.Out,
                "--data",
                _folder.Data,
                "--format",
                "json",
                .. Adapters(settings["lora_scale"]),
            ])
        ).Expect(0);

        var file = Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Out));
        Assert.EndsWith(".png", file, StringComparison.Ordinal);
        Assert.NotEmpty(run.Document["files"]!.AsArray());
        using var picture = ImageTensors.ToBytes(ImageReader.Read(file)).to(ScalarType.Float64);
        using var expected = golden.Get($"{name}.image").to(ScalarType.Float64).Mul(255);
        Assert.Equal(expected.shape, picture.shape);
        var largest = (picture - expected).abs().max().item<double>();
        TestContext.Current.SendDiagnosticMessage("{0}: largest deviation {1:0.000} of 255", name, largest);
        Assert.True(largest <= Tolerance, string.Create(CultureInfo.InvariantCulture, $"{name} is up to {largest:0.000} of 255 away from the golden picture."));
    }

    public void Dispose() => _folder.Dispose();

    private static string Text(JsonNode? value) => value!.ToString();

    private static string Scheduler(string sampler) =>
        sampler switch
        {
            "DDIMScheduler" => "ddim",
            "DPMSolverMultistepScheduler" => "dpm++",
            "EulerDiscreteScheduler" => "euler",
            "PNDMScheduler" => "pndm",
            _ => throw new InvalidOperationException($"No scheduler stands for {sampler}."),
        };

    private static string[] Adapters(JsonNode? scale) =>
        scale is null
            ? []
            :
            [
                "--lora",
                $"{Repository.Golden("lora", "r4-kohya", "pytorch_lora_weights.safetensors")}:{scale}",
                "--embedding",
                Repository.Golden("embeds", "learned_embeds.safetensors"),
            ];
}
