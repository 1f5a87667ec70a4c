using System.Globalization;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Cli.Generation;

/// <summary>A LoRA file and how strongly it acts.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Scale">1 for as trained, 0 for not at all.</param>
internal sealed record LoraChoice(string Path, double Scale)
{
    private const double LargestScale = 100;

    /// <summary>Reads <c>FILE[:scale]</c>, and checks the file's header.</summary>
    /// <param name="text">The text. A file whose own name ends like a scale is taken as a file.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="InvalidInputException">No file, no safetensors, or no scale.</exception>
    public static LoraChoice Parse(string text)
    {
        var (path, scale) = (text, 1.0);
        var at = text.LastIndexOf(':');
        if (!File.Exists(text) && at > 0)
        {
            path = text[..at];
            if (!double.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out scale) || !(Math.Abs(scale) <= LargestScale))
            {
                throw new InvalidInputException(
                    $"--lora '{text}': '{text[(at + 1)..]}' is no scale, which is a number from -{LargestScale} to {LargestScale}.", "lora", "Write it as FILE or FILE:0.8.");
            }
        }

        SafetensorsFile.Open(path).Dispose();
        return new LoraChoice(System.IO.Path.GetFullPath(path), scale);
    }
}
