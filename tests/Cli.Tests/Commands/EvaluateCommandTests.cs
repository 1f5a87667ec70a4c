using System.Text.Json.Nodes;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public EvaluateCommandTests()
    {
        foreach (var (name, sample) in ((string, string)[])[("1.png", "cat"), ("2.png", "photo-cat"), ("3.png", "dog"), ("4.png", "owl")])
        {
            _folder.Write(Path.Combine("images", name), File.ReadAllBytes(Repository.Sample($"{sample}.png")));
        }

        foreach (var (name, sample) in ((string, string)[])[("1.png", "dog"), ("2.png", "owl"), ("3.png", "rabbit"), ("4.png", "car")])
        {
            _folder.Write(Path.Combine("plain", name), File.ReadAllBytes(Repository.Sample($"{sample}.png")));
        }

        _folder.Write("prompts.txt", "a photo of <cat>\n"u8.ToArray());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Evaluate_WithMaskAndClassImages_WritesOneDocumentToBoth()
    {
        var run = await RunAsync("--mask", Repository.Sample("cat-mask.png"), "--class-images", _folder["plain"], "--batch", "3", "--format", "json");

        Assert.Equal(0, run.ExitCode);
        var document = run.Document;
        Assert.Equal(run.Output.Trim(), File.ReadAllText(_folder["figures.json"]).Trim());
        Assert.Equal(
            ["out", "pictures", "class_pictures", "figures", "models", "references", "items", "warnings", "seconds"],
            document.AsObject().Select(p => p.Key)
        );
        Assert.Equal((4, 4), (document["pictures"]!.GetValue<int>(), document["class_pictures"]!.GetValue<int>()));
        Assert.Equal(
            ["ta", "ia", "ia_object", "colour_distance", "patch_distance", "kid_clip"],
            document["figures"]!.AsArray().Select(figure => figure!["name"]!.GetValue<string>())
        );
        foreach (var figure in document["figures"]!.AsArray().Where(figure => figure!["name"]!.GetValue<string>() != "kid_clip"))
        {
            Assert.Equal(["mean", "low", "high", "count"], figure!["floor"]!.AsObject().Select(p => p.Key));
            Assert.NotNull(figure["ceiling"]);
            Assert.True(figure["over_floor"]!["paired"]!.GetValue<bool>());
            Assert.True(figure["low"]!.GetValue<double>() <= figure["high"]!.GetValue<double>());
        }

        Assert.Equal("toyworld-64/clip", document["models"]!["clip"]!["name"]!.GetValue<string>());
        Assert.Equal(64, document["models"]!["clip"]!["sha256"]!.GetValue<string>().Length);
        Assert.Equal(["1.png", "2.png", "3.png", "4.png"], document["items"]!.AsArray().Select(item => item!["image"]!.GetValue<string>()));
        Assert.All(document["items"]!.AsArray(), item => Assert.Equal("a photo of cat", item!["prompt"]!.GetValue<string>()));

        // The first picture is the reference: none is nearer by any figure of the object.
        double Of(int item, string figure) => document["items"]![item]!["figures"]![figure]!.GetValue<double>();
        Assert.All(Enumerable.Range(1, 3), i => Assert.True(Of(0, "ia_object") > Of(i, "ia_object")));
        Assert.All(Enumerable.Range(1, 3), i => Assert.True(Of(0, "colour_distance") < Of(i, "colour_distance")));
        Assert.All(Enumerable.Range(1, 3), i => Assert.True(Of(0, "patch_distance") < Of(i, "patch_distance")));
        Assert.Contains(document["warnings"]!.AsArray(), warning => warning!.GetValue<string>().Contains("toyworld-64", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Evaluate_ForPeople_ShowsATableProgressAndWhatIsLeftOut()
    {
        var run = await RunAsync("--class", "kitten");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("ia", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ia_object", run.Output, StringComparison.Ordinal);
        Assert.Contains(_folder["figures.json"], run.Output, StringComparison.Ordinal);
        Assert.Contains("Measured picture 4/4", run.Error, StringComparison.Ordinal);
        Assert.Contains("--mask", run.Error, StringComparison.Ordinal);
        Assert.Contains("--class-images", run.Error, StringComparison.Ordinal);
        var document = JsonNode.Parse(File.ReadAllText(_folder["figures.json"]))!;
        Assert.Equal("a photo of kitten", document["items"]![0]!["prompt"]!.GetValue<string>());
    }

    [Fact]
    public async Task Evaluate_FoldersOfPhotosAndMasks_TakesWhatHasAMask()
    {
        foreach (var name in (string[])["cat", "dog"])
        {
            _folder.Write(Path.Combine("photos", $"{name}.png"), File.ReadAllBytes(Repository.Sample($"{name}.png")));
        }

        _folder.Write(Path.Combine("masks", "cat.png"), File.ReadAllBytes(Repository.Sample("cat-mask.png")));

        var run = await RunAsync(["--mask", _folder["masks"]], reference: _folder["photos"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 of 2 photos have no mask", run.Error, StringComparison.Ordinal);
        Assert.Contains("ia_object", run.Output, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Wrong =>
        new()
        {
            { "cut short picture", "images", "5.png" },
            { "no picture", "images", "5.png" },
            { "folder without pictures", "images", "holds no picture" },
            { "no folder", "images", "does not exist" },
            { "no reference", "reference", "does not exist" },
            { "mask of another shape", "mask", "not of one shape" },
            { "masks of a photo", "mask", "folder" },
            { "class images of other names", "class-images", "nothing says which" },
            { "unknown CLIP", "clip", "clip-of-nobody" },
            { "CLIP that is none", "dino/config.json: model_type", "model_type" },
            { "out is a folder", "out", "not a file" },
            { "batch of none", "batch", "1 to 256" },
        };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Evaluate_WrongInput_IsOneSentenceAndWritesNothing(string what, string field, string part)
    {
        var run = await (
            what switch
            {
                "cut short picture" => With("5.png", File.ReadAllBytes(Repository.Sample("cat.png"))[..20]),
                "no picture" => With("5.png", "hello"u8.ToArray()),
                "folder without pictures" => RunAsync(["--format", "json"], images: Directory.CreateDirectory(_folder["empty"]).FullName),
                "no folder" => RunAsync(["--format", "json"], images: _folder["none"]),
                "no reference" => RunAsync(["--format", "json"], reference: _folder["none.png"]),
                "mask of another shape" => RefusedAsync("--mask", _folder.Write("mask.png", Pictures.Plain(30, 90, 255))),
                "masks of a photo" => RefusedAsync("--mask", _folder["images"]),
                "class images of other names" => RefusedAsync("--class-images", Path.GetDirectoryName(_folder.Write("other/x.png", Pictures.Plain(9, 9, 1)))!),
                "unknown CLIP" => RefusedAsync("--clip", "clip-of-nobody"),
                "CLIP that is none" => RefusedAsync("--dino", Path.Combine(Repository.Model, "clip")),
                "out is a folder" => RefusedAsync("--out", _folder.Root),
                "batch of none" => RefusedAsync("--batch", "0"),
                _ => throw new ArgumentOutOfRangeException(nameof(what), what, "No such case."),
            }
        );

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.Equal(field, run.Document["error"]!["field"]!.GetValue<string>());
        Assert.DoesNotContain("Measured", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["figures.json"]));

        Task<CliRun> With(string name, byte[] bytes)
        {
            _folder.Write(Path.Combine("images", name), bytes);
            return RefusedAsync();
        }
    }

    private Task<CliRun> RunAsync(params string[] more) => RunAsync(more, images: null);

    private Task<CliRun> RefusedAsync(params string[] more) => RunAsync([.. more, "--format", "json"], images: null);

    private Task<CliRun> RunAsync(string[] more, string? images = null, string? reference = null)
    {
        List<string> args =
        [
            "evaluate",
            "--images",
            images ?? _folder["images"],
            "--reference",
            reference ?? Repository.Sample("cat.png"),
            "--prompts",
            _folder["prompts.txt"],
            "--data",
            _folder["data"],
        ];
        return CliRun.RunAsync([.. args, .. more.Contains("--out") ? [] : new[] { "--out", _folder["figures.json"] }, .. more]);
    }
}
