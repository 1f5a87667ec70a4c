using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Recipe;
using static OrleansOneShot.Compute.Results.HtmlElement;

namespace OrleansOneShot.Compute.Results;

/// <summary>
/// report.html of a result: photo, masks, pictures, losses, measurements in words, warnings, options, and the command that makes it again. One file, which
/// loads and runs nothing; everything from outside is encoded.
/// </summary>
public static class ResultReport
{
    private const string Style = "report.css";

    // All pictures together stay under 2 MiB, so the page under 3.
    private const int PictureBytes = 1_200_000;
    private const int MaskBytes = 300_000;
    private const int MostBytes = 120_000;
    private const int MostPictures = 60;
    private const int LargeSide = 512;
    private const int SmallSide = 256;

    /// <summary>Writes it.</summary>
    /// <param name="summary">The result.</param>
    /// <returns>HTML.</returns>
    public static string Write(ResultSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var parts = new HtmlElement?[]
        {
            Warnings(summary),
            Learned(summary),
            Likeness(summary),
            Pictures(summary),
            Words(summary),
            Losses(summary),
            Options(summary),
            Again(summary),
        };
        return HtmlPage.Write(
            $"{summary.Options.Name} – oneshot",
            ReadStyle(),
            [
                new HtmlElement("header")
                {
                    new HtmlElement("h1") { summary.Options.Name },
                    new HtmlElement("p", ("class", "lead"))
                    {
                        "One photo taught ",
                        new HtmlElement("b") { summary.Model },
                        $" ({summary.Family}) {(summary.Objects.Count == 1 ? "the word" : "the words")} ",
                        Joined([.. summary.Objects.Select(one => Code(one.Token))]),
                        ".",
                    },
                    new HtmlElement("p", ("class", "muted")) { $"{ResultWords.Training(summary)}." },
                },
                new HtmlElement("main") { parts.OfType<HtmlElement>() },
                new HtmlElement("footer") { $"Written by oneshot {PictureSettings.ThisVersion}. This page loads nothing from anywhere." },
            ]
        );
    }

    private static HtmlElement? Warnings(ResultSummary summary) =>
        summary.Warnings.Count == 0
            ? null
            : new HtmlElement("section", ("class", "warnings"))
            {
                new HtmlElement("h2") { summary.Warnings.Count == 1 ? "Warning" : "Warnings" },
                new HtmlElement("ul") { summary.Warnings.Select(warning => new HtmlElement("li") { warning }) },
            };

    private static HtmlElement Learned(ResultSummary summary)
    {
        var bytes = Math.Min(MostBytes, MaskBytes / summary.Objects.Count);
        return Section(
            "The photo",
            new HtmlElement("div", ("class", "row"))
            {
                Figure(summary.Photo, LargeSide, MostBytes, "The photo as it was trained on", ["The photo: ", summary.PhotoDescription]),
                summary.Objects.Select(one =>
                    Figure(
                        Grey(one.Mask),
                        SmallSide,
                        bytes,
                        $"The mask of {one.Token}: white where the {one.Class} is",
                        ["The mask of ", one.Token, ": ", one.Class]
                    )
                ),
            }
        );
    }

    private static HtmlElement? Likeness(ResultSummary summary)
    {
        var measured = summary.Objects.Where(one => one.Likeness is not null).ToList();
        if (measured.Count == 0)
        {
            return null;
        }

        var section = Section("How like it is");
        foreach (var one in measured)
        {
            section.Add(
                new HtmlElement("div", ("class", "likeness"))
                {
                    new HtmlElement("h3") { ResultWords.Likeness(one)! },
                    Bar($"this {one.Class}", one.Likeness!.Value, "bar"),
                    one.PlainLikeness is { } plain ? Bar($"any {one.Class}", plain, "bar base") : null,
                    ResultWords.Verdict(one) is { } verdict
                        ? new HtmlElement("p") { verdict }
                        : null,
                }
            );
        }

        section.Add(
            new HtmlElement("p", ("class", "muted"))
            {
                "The numbers are cosines between what CLIP sees in the pictures and in the photo’s object: 1 would be the same. ",
                summary.PlainPictures.Count > 0 ? "“Any” is what the same model draws for the plain word, from the same prompts and the same noise. " : "",
                summary.TextAlignment is { } alignment
                    ? $"Text alignment, by which one tells how well the prompts were followed: {ResultWords.Cosine(alignment)}. "
                    : "",
                string.Concat(
                    summary.Nearness.Select(pair =>
                        $"{pair.First} and {pair.Second} are as near as {ResultWords.Cosine(pair.Cosine)}; near 1 they mean much the same. "
                    )
                ),
            }
        );
        return section;
    }

    private static HtmlElement? Pictures(ResultSummary summary)
    {
        if (summary.Pictures.Count == 0)
        {
            return null;
        }

        var shown = summary.Pictures.Take(MostPictures).ToList();
        var all = shown.Count + summary.PlainPictures.Count;
        var (side, bytes) = (all <= 12 ? LargeSide : SmallSide, Math.Min(MostBytes, PictureBytes / all));
        var section = Section(
            "Pictures",
            new HtmlElement("div", ("class", "groups"))
            {
                shown
                    .GroupBy(picture => picture.Prompt)
                    .Select(group => new HtmlElement("figure")
                    {
                        new HtmlElement("figcaption") { Code(group.Key) },
                        new HtmlElement("div", ("class", "grid"))
                        {
                            group.Select((picture, i) => Image(picture.Image, side, bytes, $"Picture {i + 1} for the prompt “{group.Key}”")),
                        },
                    }),
            }
        );
        if (shown.Count < summary.Pictures.Count)
        {
            section.Add(new HtmlElement("p", ("class", "muted")) { $"And {summary.Pictures.Count - shown.Count} more, in the folder samples." });
        }

        if (summary.PlainPictures.Count > 0)
        {
            section.Add(
                new HtmlElement("div", ("class", "plain"))
                {
                    new HtmlElement("h3") { "To compare with: the same model from the same noise, with the plain word" },
                    new HtmlElement("div", ("class", "grid"))
                    {
                        summary.PlainPictures.Select(picture => new HtmlElement("figure")
                        {
                            Image(picture.Image, side, bytes, $"Without what was learned, for the prompt “{picture.Prompt}”"),
                            new HtmlElement("figcaption") { Code(picture.Prompt) },
                        }),
                    },
                }
            );
        }

        return section;
    }

    private static HtmlElement Words(ResultSummary summary)
    {
        var rows = summary.Objects.Select(one => new HtmlElement("tr")
        {
            new HtmlElement("td") { one.Class },
            new HtmlElement("td") { Code(one.Token) },
            new HtmlElement("td") { Code(one.Word) },
            new HtmlElement("td") { Code($"embedding:{one.Word}") },
        });
        var heads = new[] { "object", "oneshot, diffusers", "AUTOMATIC1111, Forge", "ComfyUI" };
        return Section(
            "The words to use",
            new HtmlElement("div", ("class", "scroll"))
            {
                new HtmlElement("table")
                {
                    new HtmlElement("thead") { new HtmlElement("tr") { heads.Select(head => new HtmlElement("th", ("scope", "col")) { head }) } },
                    new HtmlElement("tbody") { rows },
                },
            },
            new HtmlElement("p", ("class", "muted"))
            {
                summary.Options.Method.HasLora() ? "The LoRA is " : "",
                summary.Options.Method.HasLora() ? Code($"{summary.Options.Name}.safetensors") : null,
                summary.Options.Method.HasLora() ? ", in AUTOMATIC1111 " : "",
                summary.Options.Method.HasLora() ? Code($"<lora:{summary.Options.Name}:1>") : null,
                summary.Options.Method.HasLora() ? "; the words’ files are in "
                : summary.Options.Method == TrainingMethod.Dreambooth ? "The UNet is in unet; the words’ files are in "
                : "The words’ files are in ",
                Code("learned_embeds"),
                string.Concat(summary.Objects.Where(one => one.PlainWords is not null).Select(one => $"; {one.Token} stands for “{one.PlainWords}”")),
                ". README.md has lines to copy.",
            }
        );
    }

    private static HtmlElement? Losses(ResultSummary summary)
    {
        var charts = new[] { LossChart.Training(summary.Curves), LossChart.Prototypes(summary.Curves) }.OfType<HtmlElement>().ToList();
        return charts.Count == 0 ? null : Section("Losses", [.. charts]);
    }

    private static HtmlElement? Options(ResultSummary summary)
    {
        // A job does the same on another device of its kind.
        var options = (summary.Used is { } used ? Flat(used, "") : []).Where(option => option.Name != "device").ToList();
        return options.Count == 0
            ? null
            : Section(
                "Options as used",
                new HtmlElement("details")
                {
                    new HtmlElement("summary") { $"All {options.Count} options" },
                    new HtmlElement("dl")
                    {
                        options.SelectMany(option =>
                            new[]
                            {
                                new HtmlElement("dt") { option.Name },
                                new HtmlElement("dd") { option.Value },
                            }
                        ),
                    },
                }
            );
    }

    private static HtmlElement? Again(ResultSummary summary) =>
        summary.Command is not { } command
            ? null
            : Section(
                "Make it again",
                new HtmlElement("pre", ("tabindex", "0")) { Code(command.Text) },
                new HtmlElement("p", ("class", "muted")) { "The files by their SHA-256, since their names are not known:" },
                new HtmlElement("dl", ("class", "hashes"))
                {
                    command.Files.SelectMany(file =>
                        new[]
                        {
                            new HtmlElement("dt") { file.Name },
                            new HtmlElement("dd") { Code(file.Sha256) },
                        }
                    ),
                }
            );

    private static HtmlElement Section(string title, params ReadOnlySpan<HtmlElement> children)
    {
        var section = new HtmlElement("section") { new HtmlElement("h2") { title } };
        foreach (var child in children)
        {
            section.Add(child);
        }

        return section;
    }

    private static HtmlElement Figure(RgbImage image, int side, int bytes, string alt, IReadOnlyList<string> caption) =>
        new("figure")
        {
            Image(image, side, bytes, alt),
            new HtmlElement("figcaption") { string.Concat(caption) },
        };

    private static HtmlElement Image(RgbImage image, int side, int bytes, string alt) =>
        new("img", ("src", DataImage.Of(image, side, bytes)), ("alt", alt), ("width", Number(image.Width)), ("height", Number(image.Height)));

    // From 0 to 1; what is below has no bar.
    private static HtmlElement Bar(string label, double value, string kind) =>
        new("div", ("class", kind))
        {
            new HtmlElement("span") { label },
            new HtmlElement("svg", ("viewBox", "0 0 100 4"), ("preserveAspectRatio", "none"), ("aria-hidden", "true"))
            {
                new HtmlElement("rect", ("class", "track"), ("width", "100"), ("height", "4")),
                new HtmlElement("rect", ("class", "value"), ("width", Number(Math.Clamp(value, 0, 1) * 100)), ("height", "4")),
            },
            new HtmlElement("b") { ResultWords.Cosine(value) },
        };

    private static HtmlElement Code(string text) => new("code") { text };

    private static HtmlElement Joined(IReadOnlyList<HtmlElement> elements)
    {
        var joined = new HtmlElement("span");
        for (var i = 0; i < elements.Count; i++)
        {
            joined.Add(
                i == 0 ? ""
                : i == elements.Count - 1 ? " and "
                : ", "
            );
            joined.Add(elements[i]);
        }

        return joined;
    }

    private static RgbImage Grey(MaskImage mask)
    {
        var pixels = new byte[mask.Values.Length * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(MathF.Round(mask.Values[i / 3] * 255), 0, 255);
        }

        return new RgbImage(mask.Width, mask.Height, pixels);
    }

    private static IEnumerable<(string Name, string Value)> Flat(JsonNode? node, string name) =>
        node switch
        {
            JsonObject members => members.SelectMany(member => Flat(member.Value, name.Length == 0 ? member.Key : $"{name}.{member.Key}")),
            JsonArray items => [(name, string.Join(" | ", items.Select(Shown)))],
            _ => [(name, Shown(node))],
        };

    private static string Shown(JsonNode? node) =>
        node is null ? "–"
        : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>()
        : node.ToJsonString();

    private static string ReadStyle()
    {
        using var stream = typeof(ResultReport).Assembly.GetManifestResourceStream(Style) ?? throw new InvalidOperationException($"{Style} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
