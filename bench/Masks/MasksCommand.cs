using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Bench.Masks;

/// <summary><c>bench masks</c>: GrabCut from the boxes of given masks, against these masks.</summary>
internal static class MasksCommand
{
    private static readonly string[] s_imageNames = ["image.jpg", "image.png"];

    public static Command Create()
    {
        var scenes = new Option<DirectoryInfo>("--scenes") { Description = "Folder of SCENE/image.jpg|png with SCENE/mask*.png", Required = true };
        scenes.AcceptExistingOnly();
        var grow = new Option<double>("--grow")
        {
            Description = "How much larger than the mask the box is, in parts of its sides",
            DefaultValueFactory = _ => 0.04,
        };
        var worst = new Option<string?>("--worst") { Description = "Write the preview of the worst mask here" };
        var format = new Option<string>("--format") { Description = "json (a line a mask, then the mean) or table", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("json", "table");
        var command = new Command("masks", "GrabCut from boxes, against given masks: intersection over union") { scenes, grow, worst, format };
        command.SetAction(parsed =>
        {
            var json = parsed.GetValue(format) == "json";
            var lines = new List<(MaskLine Line, RgbImage Photo, MaskImage Mask)>();
            foreach (var folder in parsed.GetRequiredValue(scenes).EnumerateDirectories().OrderBy(d => d.Name, StringComparer.Ordinal))
            {
                foreach (var item in Measure(folder, parsed.GetValue(grow)))
                {
                    lines.Add(item);
                    Console.WriteLine(
                        json
                            ? JsonSerializer.Serialize(item.Line)
                            : string.Create(
                                CultureInfo.InvariantCulture,
                                $"{item.Line.Scene,-16}{item.Line.Mask,-16}{item.Line.Iou,8:0.000}{item.Line.Seconds,8:0.0} s"
                            )
                    );
                }
            }

            if (lines.Count == 0)
            {
                Console.Error.WriteLine("There is no SCENE/image.jpg or image.png with a mask beside it.");
                return 2;
            }

            var least = lines.MinBy(l => l.Line.Iou);
            var mean = lines.Average(l => l.Line.Iou);
            Console.WriteLine(
                json
                    ? JsonSerializer.Serialize(
                        new
                        {
                            mean_iou = Math.Round(mean, 4),
                            worst = $"{least.Line.Scene}/{least.Line.Mask}",
                            worst_iou = least.Line.Iou,
                            masks = lines.Count,
                        }
                    )
                    : string.Create(CultureInfo.InvariantCulture, $"mean {mean:0.000}, worst {least.Line.Scene}/{least.Line.Mask} {least.Line.Iou:0.000}")
            );
            if (parsed.GetValue(worst) is { } file)
            {
                PngWriter.Write(file, MaskOverlay.Create(least.Photo, least.Mask));
            }

            return 0;
        });
        return command;
    }

    private static IEnumerable<(MaskLine Line, RgbImage Photo, MaskImage Mask)> Measure(DirectoryInfo folder, double grow)
    {
        var image = s_imageNames.Select(name => Path.Combine(folder.FullName, name)).FirstOrDefault(File.Exists);
        if (image is null)
        {
            yield break;
        }

        var photo = ImageReader.Read(image);
        foreach (var file in folder.EnumerateFiles("mask*.png").OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            var given = MaskReader.Read(file.FullName, photo.Width, photo.Height);
            var clock = Stopwatch.StartNew();
            var made = Make(photo, Box(given, grow));
            var line = new MaskLine(
                folder.Name,
                Path.GetFileNameWithoutExtension(file.Name),
                Math.Round(Iou(made, given), 4),
                Math.Round(clock.Elapsed.TotalSeconds, 2)
            );
            yield return (line, photo, made);
        }
    }

    // Finding nothing is an agreement of nought, not an end.
    private static MaskImage Make(RgbImage photo, PixelRectangle box)
    {
        try
        {
            return new GrabCutMasker().Make(photo, new MaskPrompt(box, []));
        }
        catch (InvalidInputException)
        {
            return new MaskImage(photo.Width, photo.Height, new float[photo.Width * photo.Height]);
        }
    }

    private static PixelRectangle Box(MaskImage mask, double grow)
    {
        var inside = Enumerable.Range(0, mask.Values.Length).Where(i => mask.Values[i] >= 0.5f).ToList();
        var (left, right) = (inside.Min(i => i % mask.Width), inside.Max(i => i % mask.Width) + 1);
        var (top, bottom) = (inside[0] / mask.Width, (inside[^1] / mask.Width) + 1);
        var (x, y) = ((right - left) * grow / 2, (bottom - top) * grow / 2);
        left = Math.Max(0, (int)Math.Floor(left - x));
        top = Math.Max(0, (int)Math.Floor(top - y));
        return new PixelRectangle(
            left,
            top,
            Math.Min(mask.Width, (int)Math.Ceiling(right + x)) - left,
            Math.Min(mask.Height, (int)Math.Ceiling(bottom + y)) - top
        );
    }

    private static double Iou(MaskImage first, MaskImage second)
    {
        var (both, any) = (0L, 0L);
        for (var i = 0; i < first.Values.Length; i++)
        {
            var (a, b) = (first.Values[i] >= 0.5f, second.Values[i] >= 0.5f);
            both += a && b ? 1 : 0;
            any += a || b ? 1 : 0;
        }

        return any == 0 ? 1 : (double)both / any;
    }
}
