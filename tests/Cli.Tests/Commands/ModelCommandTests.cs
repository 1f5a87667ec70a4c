using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Models.SingleFile;

namespace OrleansOneShot.Cli.Tests.Commands;

public sealed class ModelCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Convert_Checkpoint_DrawsWhatItsFolderDraws()
    {
        var file = SingleFiles.WriteTiny(_folder["tiny.safetensors"]);

        var run = await CliRun.RunAsync("models", "convert", file, "--out", _folder["tiny"], "--config", Repository.TinyModel, "--format", "json");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Equal(_folder["tiny"], (string)run.Document["path"]!);
        Assert.Equal(ExitCode.Done, (await CliRun.RunAsync("models", "verify", _folder["tiny"], "--data", _folder["data"])).ExitCode);
        Assert.Equal(await DrawAsync(Repository.TinyModel, "a"), await DrawAsync(_folder["tiny"], "b"));
        Assert.Empty(Directory.EnumerateDirectories(_folder.Root, ".*"));
    }

    [Fact]
    public async Task Generate_CheckpointAsModel_IsConvertedOnceAndDrawsWhatItsFolderDraws()
    {
        var file = SingleFiles.WriteTiny(_folder["tiny.safetensors"]);
        var entry = SingleFileModels.Find(DataFolder.Resolve(_folder["data"]), file, Repository.TinyModel);
        var written = Directory.GetLastWriteTimeUtc(entry.Folder);

        Assert.Equal(await DrawAsync(Repository.TinyModel, "a"), await DrawAsync(file, "b"));

        Assert.Equal(written, Directory.GetLastWriteTimeUtc(entry.Folder));
        var list = await CliRun.RunAsync("models", "list", "--data", _folder["data"], "--format", "json");
        Assert.Contains(entry.Name, list.Document["models"]!.AsArray().Select(model => (string)model!["name"]!));
    }

    [Fact]
    public async Task Generate_CheckpointOfOtherSizes_SaysHowToConvertItAndLeavesNothing()
    {
        var file = SingleFiles.WriteTiny(_folder["tiny.safetensors"]);

        var run = await CliRun.RunAsync("generate", "--prompt", "x", "--model", file, "--out", _folder["out"], "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("model", (string)run.Document["error"]!["field"]!);
        Assert.Contains("--config", (string)run.Document["error"]!["hint"]!, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Empty(Directory.EnumerateFiles(_folder["data"], "*.safetensors", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Convert_StableDiffusion2Checkpoint_DrawsWhatItsFolderDraws()
    {
        var model = TinyStableDiffusion2.WriteFolder(_folder["model"]);

        var run = await CliRun.RunAsync(
            "models",
            "convert",
            TinyStableDiffusion2.WriteFile(_folder["two.safetensors"], model),
            "--out",
            _folder["two"],
            "--config",
            model,
            "--format",
            "json"
        );

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Equal(await DrawAsync(model, "a"), await DrawAsync(_folder["two"], "b"));
    }

    [Theory]
    [InlineData("models", "convert", "FILE", "--out", "OUT")]
    [InlineData("generate", "--prompt", "x", "--model", "FILE", "--out", "OUT", "--data", "DATA")]
    public async Task Run_StableDiffusion2CheckpointThatDoesNotSayWhatItPredicts_AsksForIt(params string[] arguments)
    {
        var file = TinyStableDiffusion2.WriteFile(_folder["two.safetensors"], TinyStableDiffusion2.WriteFolder(_folder["model"]));

        var run = await CliRun.RunAsync([
            .. arguments.Select(a =>
                a.Replace("FILE", file, StringComparison.Ordinal)
                    .Replace("OUT", _folder["out"], StringComparison.Ordinal)
                    .Replace("DATA", _folder["data"], StringComparison.Ordinal)
            ),
            "--format",
            "json",
        ]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("prediction", (string)run.Document["error"]!["field"]!);
        Assert.Contains("--prediction", (string)run.Document["error"]!["hint"]!, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task Convert_StableDiffusion2CheckpointWithAWord_GoesByIt()
    {
        var file = TinyStableDiffusion2.WriteFile(_folder["two.safetensors"], TinyStableDiffusion2.WriteFolder(_folder["model"]));

        var run = await CliRun.RunAsync("models", "convert", file, "--out", _folder["out"], "--prediction", "v_prediction", "--format", "json");

        // On to the next obstacle, which is its size.
        Assert.Equal("model", (string)run.Document["error"]!["field"]!);
        Assert.Contains("sizes of Stable Diffusion 2.x", (string)run.Document["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.ckpt", "pickle")]
    [InlineData("model.safetensors", "model.safetensors")]
    public async Task Generate_FilesThatAreNoCheckpoints_AreRefused(string name, string expected)
    {
        var run = await CliRun.RunAsync(
            "generate",
            "--prompt",
            "x",
            "--model",
            _folder.Write(name, Support.Tensors.Pickle),
            "--out",
            _folder["out"],
            "--data",
            _folder["data"],
            "--format",
            "json"
        );

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(expected, (string)run.Document["error"]!["message"]!, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task Convert_FolderThatExists_IsLeftAlone()
    {
        var run = await CliRun.RunAsync("models", "convert", SingleFiles.WriteTiny(_folder["tiny.safetensors"]), "--out", _folder.Root, "--format", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("out", (string)run.Document["error"]!["field"]!);
    }

    [Theory]
    [InlineData("repo", "../x")]
    [InlineData("base-url", "a/b", "--base-url", "ftp://host")]
    [InlineData("base-url", "a/b", "--base-url", "http://user:word@host")]
    [InlineData("revision", "a/b", "--revision", "../x")]
    [InlineData("name", "a/b", "--name", "../x")]
    public async Task Pull_BadArguments_AreNamedBeforeAnyRequest(string field, params string[] arguments)
    {
        var run = await CliRun.RunAsync([.. (string[])["models", "pull"], .. arguments, "--data", _folder["data"], "--format", "json"]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal(field, (string)run.Document["error"]!["field"]!);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<byte[]> DrawAsync(string model, string name)
    {
        var run = await CliRun.RunAsync(
            "generate",
            "--prompt",
            "a cat",
            "--model",
            model,
            "--steps",
            "3",
            "--width",
            "64",
            "--height",
            "64",
            "--out",
            _folder[name],
            "--data",
            _folder["data"],
            "--device",
            "cpu",
            "--precision",
            "fp32",
            "--format",
            "json"
        );
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return ImageReader.Read(Assert.Single(Directory.EnumerateFiles(_folder[name], "*.png"))).Pixels;
    }
}
