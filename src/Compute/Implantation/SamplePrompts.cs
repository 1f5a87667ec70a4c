using System.Globalization;
using System.Text;
using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>The words of the samples.</summary>
internal static class SamplePrompts
{
    private static readonly string[] s_scenes = ["on the beach", "in the snow"];

    /// <summary>The prompts asked for; without any, each object alone and all of them together on a few scenes.</summary>
    /// <param name="asked">Prompts asked for.</param>
    /// <param name="tokens">The objects' tokens.</param>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> asked, IReadOnlyList<string> tokens)
    {
        if (asked.Count > 0)
        {
            return asked;
        }

        IEnumerable<string> subjects = tokens;
        if (tokens.Count > 1)
        {
            subjects = subjects.Append(string.Join(" and ", tokens));
        }

        return [.. subjects.SelectMany(s => s_scenes.Select(scene => $"a photo of {s} {scene}"))];
    }

    /// <summary>A prompt with every identifier replaced by its class name: what text alignment is measured against.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="objects">The objects.</param>
    public static string WithClassNames(string prompt, IReadOnlyList<ImplantationObject> objects) =>
        ClassWords.InPlaceOf(prompt, objects.Select(o => KeyValuePair.Create(o.Token, o.Class)));

    /// <summary>A file name that tells prompt and number: <c>01-a-cat-on-the-beach-0.png</c>.</summary>
    /// <param name="promptIndex">Number of the prompt, from 0.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="index">Number among the pictures of the prompt, from 0.</param>
    public static string FileName(int promptIndex, string prompt, int index)
    {
        var slug = new StringBuilder();
        foreach (var c in prompt)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(char.ToLowerInvariant(c));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }

            if (slug.Length >= 48)
            {
                break;
            }
        }

        var text = slug.ToString().Trim('-');
        return string.Create(CultureInfo.InvariantCulture, $"{promptIndex + 1:00}-{(text.Length == 0 ? "picture" : text)}-{index}.png");
    }
}
