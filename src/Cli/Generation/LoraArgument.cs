using System.Globalization;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Lora;

namespace OrleansOneShot.Cli.Generation;

/// <summary><c>--lora FILE[:SCALE]</c>.</summary>
internal static class LoraArgument
{
    private const double LargestScale = 100;

    /// <summary>Reads <c>FILE[:SCALE]</c>, and checks by the header that the file may be a LoRA.</summary>
    /// <param name="text">The text. A file whose own name ends like a scale is taken as a file.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="InvalidInputException">No file, no LoRA for Stable Diffusion 1.x or 2.x, or no scale.</exception>
    public static LoraChoice Parse(string text)
    {
        var (path, rest) = FileArgument.Split(text);
        var scale = 1.0;
        if (rest is not null && (!double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out scale) || !(Math.Abs(scale) <= LargestScale)))
        {
            throw new InvalidInputException(
                $"--lora '{text}': '{rest}' is no scale, which is a number from -{LargestScale} to {LargestScale}.",
                "lora",
                "Write it as FILE or FILE:0.8."
            );
        }

        LoraFile.CheckKind(path);
        return new LoraChoice(Path.GetFullPath(path), scale);
    }
}
