using System.Globalization;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>The jobs that tests here run: 64 pixels, a model of random weights, and one object unless it says otherwise.</summary>
internal static class ImplantArguments
{
    /// <summary>Training steps: two checkpoints on the way, the third at the end.</summary>
    public const int Steps = 24;

    /// <summary>
    /// The command line of one object, without <c>--out</c>. In float32: <c>auto</c> measures which precision is faster, and that is no test's business here.
    /// </summary>
    public static string[] Create(string data, int steps = Steps) =>
        [
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--token",
            "<cat>",
            "--model",
            Repository.TinyModel,
            "--resolution",
            "64",
            "--steps",
            steps.ToString(CultureInfo.InvariantCulture),
            "--seed",
            "7",
            "--precision",
            "fp32",
            "--prompt",
            "a photo of <cat>",
            "--samples",
            "1",
            "--data",
            data,
        ];

    /// <summary>The command line with <c>--out</c>, for a folder's own data.</summary>
    public static string[] Create(TestFolder folder, int steps = Steps) => [.. Create(folder.Data, steps), "--out", folder.Out];

    /// <summary>A job of two objects, whose steps can be spread; without <c>--fan-out</c>, and without the cluster or data that it is for.</summary>
    /// <param name="steps">Training steps.</param>
    /// <param name="output">Where its result goes.</param>
    public static string[] TwoObjects(int steps, string output) =>
        [
            "implant",
            "--image",
            Repository.Sample("scene-fox-ball.png"),
            "--object",
            $"mask={Repository.Sample("scene-fox-ball-fox-mask.png")},class=cat",
            "--object",
            $"mask={Repository.Sample("scene-fox-ball-ball-mask.png")},class=dog",
            "--model",
            Repository.TinyModel,
            "--resolution",
            "64",
            "--steps",
            steps.ToString(CultureInfo.InvariantCulture),
            "--seed",
            "3",
            "--precision",
            "fp32",
            "--prompt",
            "a photo of <cat> and <dog>",
            "--samples",
            "1",
            "--out",
            output,
        ];

    /// <summary>The id in "Job ID".</summary>
    public static string JobId(string line) => line["Job ".Length..].Trim();

    /// <summary>Whether a line of stderr names the job.</summary>
    public static bool NamesJob(string line) => line.StartsWith("Job ", StringComparison.Ordinal);
}
