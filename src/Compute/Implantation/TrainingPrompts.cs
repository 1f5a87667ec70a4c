using OrleansOneShot.Compute.Tokenization;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// The words of training: c names all objects ("a photo of &lt;cup&gt; and &lt;dog&gt;"), c_m,i object i alone, c_p,i is its tokens, c_c,i its class name. A
/// prompt that does not fit the text encoder's context is refused, never truncated.
/// </summary>
/// <param name="Global">c.</param>
/// <param name="Objects">c_m of every object.</param>
/// <param name="Own">c_p of every object.</param>
/// <param name="Classes">c_c of every object.</param>
/// <param name="Choices">All prompts of a method that draws one in each step; the first is c.</param>
/// <param name="PlainClasses">c with class names in place of the tokens.</param>
internal sealed record TrainingPrompts(
    string Global,
    IReadOnlyList<string> Objects,
    IReadOnlyList<string> Own,
    IReadOnlyList<string> Classes,
    IReadOnlyList<string> Choices,
    string PlainClasses
)
{
    private const string Placeholder = "{}";

    /// <summary>Writes the prompts and checks that each fits.</summary>
    /// <param name="objects">The objects, whose tokens the tokenizer knows.</param>
    /// <param name="templates">Texts with one <c>{}</c> each, at least one.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <exception cref="InvalidInputException">The template has no or several <c>{}</c>, or a prompt is too long.</exception>
    public static TrainingPrompts Create(IReadOnlyList<ImplantationObject> objects, IReadOnlyList<string> templates, ClipTokenizer tokenizer)
    {
        if (templates.FirstOrDefault(text => text.Split(Placeholder).Length != 2) is { } template)
        {
            throw new InvalidInputException(
                $"The prompt template \"{template}\" must hold {Placeholder} exactly once.",
                "prompt_template",
                $"Write \"a photo of {Placeholder}\"."
            );
        }

        static string Fill(string text, string tokens) => text.Replace(Placeholder, tokens, StringComparison.Ordinal);
        var all = string.Join(" and ", objects.Select(o => o.Token));
        var prompts = new TrainingPrompts(
            Fill(templates[0], all),
            [.. objects.Select(o => Fill(templates[0], o.Token))],
            [.. objects.Select(o => o.Token)],
            [.. objects.Select(o => o.Class)],
            [.. templates.Select(text => Fill(text, all))],
            Fill(templates[0], string.Join(" and ", objects.Select(o => o.Class)))
        );
        foreach (var prompt in prompts.Objects.Concat(prompts.Classes).Concat(prompts.Choices))
        {
            var needed = Length(prompt, tokenizer);
            if (needed > tokenizer.ContextLength)
            {
                throw new InvalidInputException(
                    $"The training prompt \"{prompt}\" needs {needed} tokens, but the text encoder has {tokenizer.ContextLength} "
                        + $"positions{prompts.Most(tokenizer)}.",
                    "vectors",
                    "Use fewer objects, or --vectors with a smaller number."
                );
            }
        }

        return prompts;
    }

    private static int Length(string prompt, ClipTokenizer tokenizer) => tokenizer.EncodePrompt(prompt).UntruncatedLength;

    // Each object after the first costs as much as the second: its vectors and an "and".
    private string Most(ClipTokenizer tokenizer)
    {
        var first = Length(Objects[0], tokenizer);
        if (Objects.Count == 1 || first > tokenizer.ContextLength)
        {
            return "";
        }

        var each = (Length(Global, tokenizer) - first) / (Objects.Count - 1);
        var most = 1 + ((tokenizer.ContextLength - first) / each);
        return $": {Objects.Count} objects were given, {most} fit";
    }
}
