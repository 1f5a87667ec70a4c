using System.Text;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>A Markdown file with the newest comparison of each preset, and small pictures in a folder beside it. Nothing in it is written by hand.</summary>
/// <param name="path">Absolute path of the file, such as docs/RESULTS.md; pictures go to docs/results/PRESET.</param>
internal sealed class ResultsPage(string path)
{
    // Enough to see a method's faults by, and small enough to be kept with the source.
    private const int LongestSide = 720;

    private static readonly string[] s_presets = [ComparisonOptions.Paper, ComparisonOptions.Tuned];

    /// <summary>Puts a comparison in; what the page has of the other preset stays.</summary>
    /// <param name="document">The comparison.</param>
    /// <param name="folder">Absolute path of the folder of its pictures.</param>
    /// <param name="pictures">Names of the pictures, each with its words.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Put(ComparisonDocument document, string folder, IReadOnlyList<(string Name, string Words)> pictures)
    {
        var beside = Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
        var target = Path.Combine(Path.GetDirectoryName(path)!, beside, document.Preset);
        if (Directory.Exists(target))
        {
            // Those of objects that are no longer compared.
            foreach (var old in Directory.EnumerateFiles(target, "*.png"))
            {
                File.Delete(old);
            }
        }

        foreach (var (name, _) in pictures)
        {
            ComparisonFiles.Write(Path.Combine(target, name), PngWriter.Encode(Shrink(ImageReader.Read(Path.Combine(folder, name), "images"))));
        }

        var own = new ComparisonReport(
            document,
            [.. pictures.Select(picture => ($"{beside}/{document.Preset}/{picture.Name}", picture.Words))],
            level: 2
        ).Write();
        var sections = s_presets.ToDictionary(preset => preset, preset => preset == document.Preset ? own : Find(preset));
        var text = new StringBuilder(
            "# Results\n\nThis page is written by `oneshot compare --results`: run the command that a section names, and edit nothing here.\n"
        );
        foreach (var preset in s_presets.Where(preset => sections[preset] is not null))
        {
            text.Append('\n').Append(Begin(preset)).Append('\n').Append(sections[preset]).Append(End(preset)).Append('\n');
        }

        ComparisonFiles.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string Begin(string preset) => $"<!-- compare {preset} -->";

    private static string End(string preset) => $"<!-- end of compare {preset} -->";

    private static RgbImage Shrink(RgbImage image)
    {
        var scale = Math.Min(1, (double)LongestSide / Math.Max(image.Width, image.Height));
        return image.Resize(Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
    }

    private string? Find(string preset)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var (text, begin) = (File.ReadAllText(path), Begin(preset) + "\n");
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(End(preset), StringComparison.Ordinal);
        return from < 0 || to < from ? null : text[(from + begin.Length)..to];
    }
}
