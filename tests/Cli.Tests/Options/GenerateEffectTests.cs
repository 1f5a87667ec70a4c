using System.CommandLine;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>Every option of <c>generate</c> is seen in the pictures.</summary>
public sealed class GenerateEffectTests(GenerateEffectTests.Pictures pictures) : IClassFixture<GenerateEffectTests.Pictures>
{
    private static readonly string s_lora = Repository.Golden("lora", "r4-kohya", "pytorch_lora_weights.safetensors");
    private static readonly string s_embedding = Repository.Golden("embeds", "learned_embeds.safetensors");

    // What a plain run is given; null leaves an option out.
    private static readonly Dictionary<string, string[]?> s_plain = new()
    {
        ["--prompt"] = ["a photo of <cat>"],
        ["--negative"] = null,
        ["--model"] = [Repository.TinyModel],
        ["--lora"] = [s_lora],
        ["--embedding"] = [s_embedding],
        ["--steps"] = ["2"],
        ["--scheduler"] = ["ddim"],
        ["--guidance"] = ["3"],
        ["--personalization-guidance"] = null,
        ["--seed"] = ["1"],
        ["--count"] = ["1"],
        ["--width"] = ["64"],
        ["--height"] = ["64"],
        ["--precision"] = ["fp32"],
        ["--device"] = ["cpu"],
    };

    // Each draws one picture of the plain one's size that shows something else.
    private static readonly (string Option, string[]? Values)[] s_others =
    [
        ("--prompt", ["a photo of <cat> in the snow"]),
        ("--prompt", [""]),
        ("--negative", ["a dog"]),
        ("--lora", null),
        ("--lora", [s_lora + ":0.5"]),
        ("--embedding", null),
        ("--steps", ["3"]),
        ("--scheduler", ["euler"]),
        ("--scheduler", ["pndm"]),
        ("--scheduler", ["dpm++"]),
        ("--guidance", ["1"]),
        ("--guidance", ["5"]),
        ("--personalization-guidance", ["1.5"]),
        ("--personalization-guidance", ["0"]),
        ("--seed", ["2"]),
        ("--precision", ["bf16"]),
    ];

    public static TheoryData<int, string> Rows => [.. s_others.Select((row, i) => (i, $"{row.Option} {string.Join(' ', row.Values ?? [])}"))];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Generate_OtherValue_DrawsAnotherPicture(int row, string text)
    {
        _ = text;
        var other = Assert.Single(await pictures.DrawAsync(s_others[row]));
        var plain = Assert.Single(await pictures.DrawAsync());
        Assert.Equal((plain.Width, plain.Height), (other.Width, other.Height));
        Assert.NotEqual(plain.Pixels, other.Pixels);
    }

    [Fact]
    public async Task Generate_SameAgain_DrawsTheSame() =>
        Assert.Equal(Assert.Single(await pictures.DrawAsync()).Pixels, Assert.Single(await pictures.DrawAsync(("--seed", ["1"]))).Pixels);

    [Fact]
    public async Task Generate_Size_IsThePictures()
    {
        var picture = Assert.Single(await pictures.DrawAsync(("--width", ["48"]), ("--height", ["72"])));
        Assert.Equal((48, 72), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task Generate_Count_DrawsThatManyDifferentOnes()
    {
        var three = await pictures.DrawAsync(("--count", ["3"]));
        Assert.Equal(3, three.Select(picture => Convert.ToHexString(picture.Pixels)).Distinct().Count());
        // In a batch of several the last bits are others.
        Assert.InRange(three[0].Pixels.Zip(Assert.Single(await pictures.DrawAsync()).Pixels, (a, b) => Math.Abs(a - b)).Max(), 0, 2);
    }

    [Fact]
    public async Task Generate_TwoPrompts_DrawsBoth()
    {
        var two = await pictures.DrawAsync(("--prompt", ["a photo of <cat>", "a dog"]));
        Assert.Equal(2, two.Count);
        Assert.NotEqual(two[0].Pixels, two[1].Pixels);
    }

    [Fact]
    public void Rows_EveryOption_IsThere()
    {
        // Tested with goldens (latents), with finished jobs (implantation), or no matter of the picture.
        string[] elsewhere = ["--latents", "--implantation", "--out", "--data", "--server", "--key-file", "--format"];
        var command = new Command("generate");
        new GenerateOptions().AddTo(command);
        Assert.Equal([], command.Options.Select(option => option.Name).Except(elsewhere).Except(s_plain.Keys));
        Assert.Equal([], s_plain.Keys.Except(s_others.Select(row => row.Option)).Except(["--model", "--count", "--width", "--height", "--device"]));
    }

    /// <summary>Draws, the plain picture once.</summary>
    public sealed class Pictures : IDisposable
    {
        private readonly TestFolder _folder = new();
        private Task<IReadOnlyList<RgbImage>>? _plain;
        private int _runs;

        public void Dispose() => _folder.Dispose();

        /// <summary>Draws with some options set otherwise; null leaves one out.</summary>
        internal Task<IReadOnlyList<RgbImage>> DrawAsync(params (string Option, string[]? Values)[] others) =>
            others.Length > 0 ? RunAsync(others) : _plain ??= RunAsync([]);

        private async Task<IReadOnlyList<RgbImage>> RunAsync((string Option, string[]? Values)[] others)
        {
            var options = new Dictionary<string, string[]?>(s_plain);
            foreach (var (option, values) in others)
            {
                options[option] = values;
            }

            var folder = _folder[$"out-{_runs++}"];
            var run = await CliRun.RunAsync([
                "generate",
                .. options
                    .Where(pair => pair.Value is not null)
                    .SelectMany(pair => pair.Value is [] ? [pair.Key] : pair.Value!.SelectMany(value => new[] { pair.Key, value })),
                "--out",
                folder,
                "--data",
                _folder["data"],
            ]);
            Assert.True(run.ExitCode == 0, run.Error);
            return [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Select(file => ImageReader.Read(file))];
        }
    }
}
