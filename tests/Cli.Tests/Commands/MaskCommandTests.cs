using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Cli.Tests.Commands;

public sealed class MaskCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OpenCvFact]
    public async Task Mask_Box_WritesMaskAndPreviewAndOneDocument()
    {
        var run = await CliRun.RunAsync(
            "mask",
            "--image",
            Repository.Sample("cat.png"),
            "--box",
            "20,10,216,236",
            "--out",
            _folder["masks/cat.png"],
            "--data",
            _folder["data"],
            "--format",
            "json"
        );

        Assert.Equal(0, run.ExitCode);
        var document = run.Document;
        Assert.Equal(["mask", "preview", "width", "height", "coverage", "seconds", "method", "warnings"], document.AsObject().Select(p => p.Key));
        Assert.Equal(_folder["masks/cat.png"], document["mask"]!.GetValue<string>());
        Assert.Equal(_folder["masks/cat.preview.png"], document["preview"]!.GetValue<string>());
        Assert.Equal((256, 256, "grabcut"), (document["width"]!.GetValue<int>(), document["height"]!.GetValue<int>(), document["method"]!.GetValue<string>()));
        var mask = MaskReader.Read(_folder["masks/cat.png"], 256, 256);
        Assert.Equal(mask.Coverage, document["coverage"]!.GetValue<double>(), 3);
        var preview = ImageReader.Read(_folder["masks/cat.preview.png"]);
        Assert.Equal((256, 256), (preview.Width, preview.Height));

        // Dark outside: the corner is background.
        var photo = ImageReader.Read(Repository.Sample("cat.png"));
        Assert.True(preview.Pixels[0] < photo.Pixels[0]);
    }

    [OpenCvFact]
    public async Task Mask_PointsAndPreviewElsewhere_SaysWhereTheFilesAre()
    {
        var run = await CliRun.RunAsync(
            "mask",
            "--image",
            Repository.Sample("cat.png"),
            "--point",
            "128,128",
            "--out",
            _folder["m.png"],
            "--preview",
            _folder["look.png"],
            "--data",
            _folder["data"]
        );

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([_folder["m.png"], _folder["look.png"]], run.Output.TrimEnd().Split(Environment.NewLine));
        Assert.True(File.Exists(_folder["look.png"]));
        Assert.False(Directory.Exists(_folder["data"]));
    }
}
