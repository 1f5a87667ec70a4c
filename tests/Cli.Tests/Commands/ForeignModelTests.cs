using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit.Models.SingleFile;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>Models as others left them: made of links, with other programs' settings, damaged.</summary>
public sealed class ForeignModelTests : IDisposable
{
    private const string Schedule = "\"beta_start\":0.00085,\"beta_end\":0.012,\"beta_schedule\":\"scaled_linear\",\"num_train_timesteps\":1000";
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Generate_ModelDataAndOutputBehindLinks_DrawsWhatThePlainOnesDo()
    {
        Directory.CreateDirectory(_folder["disk/data"]);
        Directory.CreateSymbolicLink(_folder["data"], _folder["disk/data"]);
        Directory.CreateDirectory(_folder["disk/out"]);
        Directory.CreateSymbolicLink(_folder["out"], _folder["disk/out"]);

        var linked = await DrawAsync(_folder.LinkModel("model"), "out");
        var plain = await DrawAsync(Repository.Model, "plain");

        Assert.True(linked.ExitCode == ExitCode.Done, linked.Error);
        Assert.Equal(Pixels("plain"), Pixels("out"));
        Assert.Equal(ExitCode.Done, plain.ExitCode);
        Assert.Equal(ExitCode.Done, (await CliRun.RunAsync("models", "verify", _folder["model"], "--data", _folder["data"])).ExitCode);
    }

    [Theory]
    [InlineData("\"prediction_type\":\"sample\"", "prediction_type is \"sample\"")]
    [InlineData("\"algorithm_type\":\"unknown\"", "algorithm_type is \"unknown\"")]
    [InlineData("\"use_flow_sigmas\":true", "use_flow_sigmas is true")]
    [InlineData("\"thresholding\":true", "thresholding is true")]
    [InlineData("\"num_train_timesteps\":\"many\"", "num_train_timesteps: \"many\" (wanted: a whole number)")]
    [InlineData("\"num_train_timesteps\":4", "steps is")]
    public async Task Run_SchedulerThatIsNotBuilt_IsRefusedBeforeAnythingIsDone(string setting, string message)
    {
        var model = WithScheduler($"{{\"_class_name\":\"X\",{(setting.Contains("num_train", StringComparison.Ordinal) ? "" : Schedule + ",")}{setting}}}");
        string[][] commands =
        [
            [
                "implant",
                "--image",
                Repository.Sample("cat.png"),
                "--mask",
                Repository.Sample("cat-mask.png"),
                "--class",
                "cat",
                "--no-prototype",
                "--no-class-loss",
                "--model",
                model,
                "--out",
                _folder["out"],
            ],
            ["generate", "--prompt", "a cat", "--model", model, "--out", _folder["out"]],
        ];
        foreach (var command in commands)
        {
            var run = await CliRun.RunAsync([.. command, "--data", _folder["data"]]);
            Assert.Equal(ExitCode.BadInput, run.ExitCode);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("Job", run.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_folder["out"]));
        }

        var verified = await CliRun.RunAsync("models", "verify", model, "--data", _folder["data"], "--format", "json");
        Assert.Equal(ExitCode.Failed, verified.ExitCode);
        Assert.Contains(
            message,
            verified.Document.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).Replace("\\\"", "\"", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\"_class_name\":\"UniPCMultistepScheduler\",\"solver_type\":\"bh2\"")]
    [InlineData("\"_class_name\":\"DPMSolverMultistepScheduler\",\"algorithm_type\":\"sde-dpmsolver++\",\"use_karras_sigmas\":true")]
    public async Task Generate_SchedulerOfAnotherClass_Draws(string settings)
    {
        var run = await DrawAsync(WithScheduler($"{{{settings},{Schedule}.0}}"), "out");
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
    }

    [Fact]
    public async Task Generate_WeightThatIsNoNumber_IsTheModelsFault()
    {
        var model = Broken("unet", "conv_in.bias");
        foreach (var run in new[] { await DrawAsync(model, "out"), await ImplantAsync(model) })
        {
            Assert.Equal(ExitCode.BadInput, run.ExitCode);
            Assert.Contains("in unet/diffusion_pytorch_model.safetensors, conv_in.bias holds values that are no numbers", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("defect", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("--lr", run.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_folder["out"]));
        }
    }

    [Fact]
    public async Task Implant_SamplesThatCantBeDrawn_EndsWellWithTheWeightsAndAWarning()
    {
        var run = await ImplantAsync(Broken("vae", "decoder.conv_in.bias"));

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.True(File.Exists(Path.Combine(_folder["out"], "cat.safetensors")));
        Assert.True(File.Exists(Path.Combine(_folder["out"], "learned_embeds", "oneshot-cat.safetensors")));
        Assert.False(Directory.Exists(Path.Combine(_folder["out"], "samples")));
        const string Warning =
            "The samples could not be drawn: The model model is broken: in vae/diffusion_pytorch_model.safetensors, decoder.conv_in.bias holds";
        Assert.Contains($"Warning: {Warning}", run.Output, StringComparison.Ordinal);
        Assert.Contains("oneshot generate --implantation ", run.Output, StringComparison.Ordinal);
        Assert.Contains(Warning, run.Error, StringComparison.Ordinal);
        Assert.Contains(Warning, File.ReadAllText(Path.Combine(_folder["out"], "manifest.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("implant", "--no-prototype=perhaps")]
    [InlineData("implant", "--steps=many")]
    [InlineData("implant", "--box", "a,b")]
    [InlineData("serve", "--slots", "1.5")]
    [InlineData("jobs", "list", "--limit", "")]
    public async Task Run_ValueOfAnotherType_IsToldWithoutTypes(params string[] arguments)
    {
        var run = await CliRun.RunAsync(arguments);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Int", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LinkThatLeadsNowhere_IsToldAsOneWhereverAFolderIsWanted()
    {
        File.CreateSymbolicLink(_folder["link"], _folder["gone"]);
        string[][] commands =
        [
            ["jobs", "list", "--data", _folder["link"]],
            ["generate", "--prompt", "a", "--model", _folder["link"], "--out", _folder["out"], "--data", _folder["data"]],
            ["generate", "--prompt", "a", "--out", _folder["link"], "--data", _folder["data"]],
            ["generate", "--prompt", "a", "--embedding", _folder["link"], "--out", _folder["out"], "--data", _folder["data"]],
            ["models", "verify", _folder["link"], "--data", _folder["data"]],
        ];
        foreach (var command in commands)
        {
            var run = await CliRun.RunAsync(command);
            Assert.NotEqual(ExitCode.Done, run.ExitCode);
            Assert.Contains($"a link to {_folder["gone"]}, which doesn't exist", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("unet/config.json")]
    [InlineData("vae/diffusion_pytorch_model.safetensors")]
    [InlineData("text_encoder/model.safetensors")]
    public async Task Verify_PartWhoseLinkLeadsNowhere_IsNamedWithTheLink(string name)
    {
        var link = Path.Combine(_folder.LinkModel("model"), name);
        File.Delete(link);
        File.CreateSymbolicLink(link, "../../blobs/gone");

        var run = await CliRun.RunAsync("models", "verify", _folder["model"], "--data", _folder["data"]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(name, run.Error, StringComparison.Ordinal);
        Assert.Contains("is a link to ../../blobs/gone, which doesn't exist", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_DataFolderThatTheSystemRefuses_NamesItAndTheOption()
    {
        // Nobody makes folders there.
        var run = await CliRun.RunAsync("jobs", "list", "--data", "/proc/oneshot");

        Assert.Equal(ExitCode.NotReachable, run.ExitCode);
        Assert.Contains("The data folder /proc/oneshot can't be written", run.Error, StringComparison.Ordinal);
        Assert.Contains("--data", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_DataFolderThatCantBeMade_NamesItAndTheOption()
    {
        File.WriteAllText(_folder["file"], "");

        var run = await CliRun.RunAsync("jobs", "list", "--data", _folder["file/data"]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"--data {_folder["file/data"]}: {_folder["file"]} is a file, not a folder.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_CheckpointUnderAnotherPath_IsConvertedOnceAndToldOnce()
    {
        var data = DataFolder.Resolve(_folder["data"]);
        var file = SingleFiles.WriteTiny(_folder["tiny.safetensors"]);
        var (told, shown) = (new List<string>(), new List<TransferProgress>());
        IProgress<TransferProgress> Tell(string sentence)
        {
            told.Add(sentence);
            return new Shown(shown);
        }

        var entry = SingleFileModels.Find(data, file, Repository.TinyModel, Tell);
        Assert.Contains("Converting tiny.safetensors into ", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(shown[^1].Total, shown[^1].Bytes);
        Assert.True(shown.Count > 100);

        File.CreateSymbolicLink(_folder["link.safetensors"], file);
        File.Copy(file, _folder["copy.safetensors"]);
        Assert.Equal(entry, SingleFileModels.Find(data, _folder["link.safetensors"], Repository.TinyModel, Tell));
        Assert.Equal(entry, SingleFileModels.Find(data, _folder["copy.safetensors"], Repository.TinyModel, Tell));
        Assert.Equal(entry, SingleFileModels.Find(data, _folder["copy.safetensors"], Repository.TinyModel, Tell));
        Assert.Single(told);

        var bytes = File.ReadAllBytes(file);
        bytes[^4] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.NotEqual(entry, SingleFileModels.Find(data, file, Repository.TinyModel, Tell));
        Assert.Equal(2, told.Count);
    }

    // The shipped model with a NaN in half precision.
    private string Broken(string part, string key)
    {
        var model = _folder.LinkModel("model");
        var path = Path.Combine(model, part, "diffusion_pytorch_model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToInt64(bytes, 0);
        var at = 8 + length + (int)JsonNode.Parse(bytes.AsSpan(8, length))![key]!["data_offsets"]![0]!;
        (bytes[at], bytes[at + 1]) = (0x00, 0x7e);
        File.Delete(path);
        File.WriteAllBytes(path, bytes);
        return model;
    }

    private Task<CliRun> ImplantAsync(string model) =>
        CliRun.RunAsync(
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--steps",
            "1",
            "--samples",
            "1",
            "--prompt",
            "a <cat>",
            "--no-prototype",
            "--no-class-loss",
            "--precision",
            "fp32",
            "--model",
            model,
            "--out",
            _folder["out"],
            "--data",
            _folder["data"]
        );

    private string WithScheduler(string json)
    {
        var model = _folder.LinkModel($"model-{Guid.NewGuid():N}");
        var path = Path.Combine(model, "scheduler", "scheduler_config.json");
        File.Delete(path);
        File.WriteAllText(path, json);
        return model;
    }

    private Task<CliRun> DrawAsync(string model, string name) =>
        CliRun.RunAsync(
            "generate",
            "--prompt",
            "a cat",
            "--steps",
            "2",
            "--precision",
            "fp32",
            "--model",
            model,
            "--out",
            _folder[name],
            "--data",
            _folder["data"]
        );

    private byte[] Pixels(string name) => ImageReader.Read(File.ReadAllBytes(Path.Combine(_folder[name], "0001.png")), "").Pixels.ToArray();

    private sealed class Shown(List<TransferProgress> all) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => all.Add(value);
    }
}
