using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--box</c> and <c>--point</c>: where an object is, in pixels of the upright photo.</summary>
internal sealed class PromptOptions
{
    public Option<PixelRectangle?> Box { get; } =
        new("--box")
        {
            Description = "A box that holds the whole object: left, top, width, height in pixels of the upright photo.",
            HelpName = "x,y,w,h",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                if (ParseBox(text, ',') is { } box)
                {
                    return box;
                }

                result.AddError($"--box must be x,y,w,h in whole pixels, but is '{text}'.");
                return null;
            },
        };

    public Option<PixelPoint[]> Points { get; } =
        new("--point")
        {
            Description = "A pixel on the object; repeatable, alone or with a box.",
            HelpName = "x,y",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
            {
                List<PixelPoint> points = [];
                foreach (var token in result.Tokens)
                {
                    if (ParsePoint(token.Value, ',') is { } point)
                    {
                        points.Add(point);
                    }
                    else
                    {
                        result.AddError($"--point must be x,y in whole pixels, but is '{token.Value}'.");
                        break;
                    }
                }

                return [.. points];
            },
        };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(Box);
        command.Options.Add(Points);
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The prompt, or null when there is neither box nor point.</returns>
    public MaskPrompt? Read(ParseResult parsed)
    {
        var (box, points) = (parsed.GetValue(Box), parsed.GetValue(Points) ?? []);
        return box is null && points.Length == 0 ? null : new MaskPrompt(box, points);
    }

    /// <summary>Reads a box.</summary>
    /// <param name="text">Four whole numbers.</param>
    /// <param name="separator">What stands between them.</param>
    /// <returns>The box, unchecked; null when it is none.</returns>
    public static PixelRectangle? ParseBox(string text, char separator) =>
        Numbers(text, separator) is [var x, var y, var width, var height] ? new PixelRectangle(x, y, width, height) : null;

    /// <summary>Reads a point.</summary>
    /// <param name="text">Two whole numbers.</param>
    /// <param name="separator">What stands between them.</param>
    /// <returns>The point, unchecked; null when it is none.</returns>
    public static PixelPoint? ParsePoint(string text, char separator) => Numbers(text, separator) is [var x, var y] ? new PixelPoint(x, y) : null;

    private static int[]? Numbers(string text, char separator)
    {
        List<int> numbers = [];
        foreach (var part in text.Split(separator))
        {
            if (
                !int.TryParse(
                    part,
                    NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture,
                    out var number
                )
            )
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
