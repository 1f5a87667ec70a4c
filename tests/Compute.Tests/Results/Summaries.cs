using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Plots;
using OrleansOneShot.Compute.Results;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Results;

/// <summary>Results as documents tell of them.</summary>
internal static class Summaries
{
    /// <summary>What would run or break out wherever it is taken for markup, code or a shell's word.</summary>
    public const string Hostile = "\"'`<script>alert(1)</script>&amp;|$(touch /tmp/x)\\n{}</style>-->\u202E\uD800😀";

    /// <summary>The sample cat.</summary>
    public static ResultSummary Cat =>
        new()
        {
            Options = new ImplantationOptions
            {
                Name = "cat",
                Seed = 1,
                Steps = 100,
                Resolution = 64,
                GuidanceScale = 4,
                Prompts = ["a <cat> on the beach", "a <cat> in the snow"],
            },
            Model = "toyworld-64",
            Family = "Stable Diffusion 1.x",
            Objects =
            [
                new ResultObject("cat", "<cat>", "oneshot-cat", new MaskImage(8, 8, [.. Enumerable.Range(0, 64).Select(i => i / 63f)]))
                {
                    Likeness = 0.614,
                    PlainLikeness = 0.508,
                },
            ],
            Photo = Picture(64, 1),
            PhotoDescription = "256 x 256, scaled to 64 x 64",
            Pictures = [new ResultPicture("a <cat> on the beach", Picture(64, 2)), new ResultPicture("a <cat> in the snow", Picture(64, 3))],
            PlainPictures = [new ResultPicture("a cat on the beach", Picture(64, 4))],
            TextAlignment = 0.27,
            Curves = new TrainingCurves
            {
                Total = [.. Enumerable.Range(0, 100).Select(i => 0.3 + (0.1 * Math.Sin(i)))],
                Terms = [new TermCurve("global", [.. Enumerable.Range(0, 100).Select(i => 0.1 + (0.05 * Math.Sin(i)))])],
                Prototypes = [new PrototypeCurve("<cat>", [0.9, 0.5, 0.2])],
            },
            Command = new RepeatCommand(
                "oneshot implant --image photo.png --mask mask.png --class cat --token '<cat>' --out out",
                [new RepeatFile("photo.png", new string('a', 64)), new RepeatFile("mask.png", new string('b', 64))]
            ),
            Used = new JsonObject
            {
                ["steps"] = 100,
                ["device"] = "cuda:3",
                ["prototype"] = new JsonObject { ["steps"] = 40 },
            },
        };

    /// <summary>Two objects, and whatever comes from outside is hostile.</summary>
    public static ResultSummary HostileScene =>
        Cat with
        {
            Model = Hostile,
            PhotoDescription = Hostile,
            Options = Cat.Options with { Name = Hostile, Prompts = [$"{Hostile} <cat>"] },
            Objects = [Cat.Objects[0] with { Class = Hostile }, Cat.Objects[0] with { Class = Hostile, Token = Hostile, Word = Hostile }],
            Pictures = [new ResultPicture($"{Hostile} <cat>", Picture(64, 2))],
            PlainPictures = [new ResultPicture(Hostile, Picture(64, 4))],
            Nearness = [(Hostile, "<cat>", 0.5)],
            Curves = Cat.Curves with { Prototypes = [new PrototypeCurve(Hostile, [0.9, 0.5, 0.2])] },
            Warnings = [Hostile],
            Command = new RepeatCommand(Hostile, [new RepeatFile(Hostile, Hostile)]),
            Used = new JsonObject { [Hostile] = Hostile, ["prompts"] = new JsonArray(Hostile, "x") },
        };

    /// <summary>Noise, the worst that JPEG can be given.</summary>
    public static RgbImage Picture(int side, int seed)
    {
        var pixels = new byte[side * side * 3];
        var random = new Random(seed);
        random.NextBytes(pixels);
        return new RgbImage(side, side, pixels);
    }
}
