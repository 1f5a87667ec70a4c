using System.Globalization;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>The job that all tests here run: one object, 64 pixels, a model of random weights.</summary>
internal static class ImplantArguments
{
    /// <summary>Training steps: two checkpoints on the way, the third at the end.</summary>
    public const int Steps = 24;

    /// <summary>
    /// The command line without <c>--out</c>. In float32: <c>auto</c> measures which precision is faster, and that is no test's business here.
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

    /// <summary>The id in "Job ID".</summary>
    public static string JobId(string line) => line["Job ".Length..].Trim();

    /// <summary>Whether a line of stderr names the job.</summary>
    public static bool NamesJob(string line) => line.StartsWith("Job ", StringComparison.Ordinal);
}
