using OrleansOneShot.Cli.Options;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Cli.Validation;

/// <summary>One object of the command line.</summary>
/// <param name="Mask">Path of its mask; null when the mask is to be made.</param>
/// <param name="Prompt">Where the object is, for making its mask; null when there is a mask.</param>
/// <param name="Class">Its class name.</param>
/// <param name="Token">Its identifier; null takes the class's.</param>
/// <param name="Reading">How its mask is read; null: as usual.</param>
internal sealed record ObjectArgument(string? Mask, MaskPrompt? Prompt, string Class, string? Token, MaskReading? Reading = null)
{
    private const string Form =
        "Write it as mask=FILE,class=NAME,token=<name>, with box=x:y:w:h or point=x:y in place of the mask where it is to be made; invert and value=N say "
        + "how a mask is read.";

    /// <summary>
    /// Reads <c>mask=F,class=NAME[,token=T][,invert][,value=N]</c>, where <c>box=x:y:w:h</c> and any number of <c>point=x:y</c> may stand for the mask.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The object.</returns>
    /// <exception cref="InvalidInputException">Another form.</exception>
    public static ObjectArgument Parse(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        PixelRectangle? box = null;
        List<PixelPoint> points = [];
        var reading = new MaskReading { InvertOption = "invert", ValueOption = "value=" };
        foreach (var part in text.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = at < 0 ? (part, "") : (part[..at], part[(at + 1)..]);
            if (at >= 0 && key == "point" && PromptOptions.ParsePoint(value, ':') is { } point)
            {
                points.Add(point);
            }
            else if (at >= 0 && key == "box" && box is null && PromptOptions.ParseBox(value, ':') is { } rectangle)
            {
                box = rectangle;
            }
            else if (part == "invert" && !reading.Invert)
            {
                reading = reading with { Invert = true };
            }
            else if (at >= 0 && key == "value" && reading.Value is null && MaskValue.Parse(value) is { } marked)
            {
                reading = reading with { Value = marked };
            }
            else if (at >= 0 && string.IsNullOrWhiteSpace(value) && key is "mask" or "class" or "token" or "box" or "point" or "value")
            {
                throw new InvalidInputException($"--object '{text}': {key}= is empty.", "object", Form);
            }
            else if (at < 0 || key is not ("mask" or "class" or "token") || !parts.TryAdd(key, value))
            {
                throw new InvalidInputException($"--object '{text}' can't be read at '{part}'.", "object", Form);
            }
        }

        var prompt = box is null && points.Count == 0 ? null : new MaskPrompt(box, points);
        if (prompt is not null && parts.ContainsKey("mask"))
        {
            throw new InvalidInputException($"--object '{text}' has both a mask and a box or point.", "object", "Give one or the other.");
        }

        if (prompt is not null && (reading.Invert || reading.Value is not null))
        {
            throw new InvalidInputException($"--object '{text}' says how to read a mask, but one is to be made.", "object", "invert and value= go with mask=.");
        }

        return (prompt is not null || parts.ContainsKey("mask")) && parts.TryGetValue("class", out var name)
            ? new ObjectArgument(parts.GetValueOrDefault("mask"), prompt, name, parts.GetValueOrDefault("token"), reading)
            : throw new InvalidInputException($"--object '{text}' needs both mask= and class=.", "object", Form);
    }
}
