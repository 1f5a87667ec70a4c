using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>A configuration of one kilobyte that describes a model of terabytes costs neither memory nor patience.</summary>
public sealed class ModelSizeTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public ModelSizeTests()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.TinyModel, "*", SearchOption.AllDirectories))
        {
            _folder.Write(Path.Combine("model", Path.GetRelativePath(Repository.TinyModel, file)), File.ReadAllBytes(file));
        }

        _folder.Write("model/unet/config.json", File.ReadAllBytes(Repository.PathOf("tests", "Fuzz", "Corpus", "unet-sizes", "taken-model-of-terabytes.json")));
    }

    [Fact]
    public async Task Verify_ModelOfTerabytes_IsOneSentence()
    {
        var run = await CliRun.RunAsync("models", "verify", _folder["model"], "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        var detail = (string)run.Document["checks"]!.AsArray().Single(check => (string)check!["name"]! == "unet")!["detail"]!;
        Assert.StartsWith("unet/config.json describes a model of ", detail, StringComparison.Ordinal);
        Assert.True(detail.Length < 300, detail);
    }

    [Fact]
    public async Task Generate_ModelOfTerabytes_IsBadInput()
    {
        var run = await CliRun.RunAsync(
            "generate",
            "--prompt",
            "a cat",
            "--model",
            _folder["model"],
            "--out",
            _folder["out"],
            "--data",
            _folder["data"],
            "--format",
            "json"
        );

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("unet/config.json describes a model of ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_ModelOfTerabytes_IsRefusedBeforeItsSizesAreMeasured() =>
        Assert.Equal(
            "unet/config.json",
            Assert
                .Throws<InvalidInputException>(() =>
                    new PrecisionChooser(DataFolder.Resolve(_folder["data"])).Decide(Precision.Auto, ModelFolder.Open(_folder["model"]), 64, "cpu", null)
                )
                .Field
        );

    public void Dispose() => _folder.Dispose();
}
