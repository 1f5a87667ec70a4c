using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>Layers that carry LoRA.</summary>
/// <param name="Attention">Which attention layers.</param>
/// <param name="More">What else.</param>
internal sealed record LoraLayers(LoraTargets Attention, MoreLoraTargets More)
{
    /// <summary>As help shows the default: the word that the command line takes.</summary>
    public override string ToString() => TargetsOption.WordsOf(this);
}

/// <summary><c>--targets</c>: which layers carry LoRA.</summary>
internal sealed class TargetsOption : Option<LoraLayers>
{
    private const MoreLoraTargets Projections = MoreLoraTargets.ProjectionIn | MoreLoraTargets.ProjectionOut;

    private static readonly (string Word, LoraTargets? Attention, MoreLoraTargets More)[] s_words =
    [
        ("attention", LoraTargets.Attention, MoreLoraTargets.None),
        ("cross", LoraTargets.Cross, MoreLoraTargets.None),
        ("transformer", LoraTargets.Attention, MoreLoraTargets.FeedForward | Projections),
        ("all", LoraTargets.Attention, MoreLoraTargets.FeedForward | Projections | MoreLoraTargets.Convolutions | MoreLoraTargets.TimeProjections),
        ("ff", null, MoreLoraTargets.FeedForward),
        ("proj_in", null, MoreLoraTargets.ProjectionIn),
        ("proj_out", null, MoreLoraTargets.ProjectionOut),
        ("conv", null, MoreLoraTargets.Convolutions),
        ("time_emb_proj", null, MoreLoraTargets.TimeProjections),
    ];

    /// <summary>Creates the option.</summary>
    /// <param name="attribute">Its name and words.</param>
    public TargetsOption(OptionAttribute attribute)
        : base(attribute.Name)
    {
        Description = attribute.Help;
        HelpName = attribute.Form;
        Arity = ArgumentArity.ExactlyOne;
        DefaultValueFactory = _ => new LoraLayers(LoraTargets.Attention, MoreLoraTargets.None);
        CompletionSources.Add(_ =>
            s_words.Where(word => word.Attention is not null).Select(word => new System.CommandLine.Completions.CompletionItem(word.Word))
        );
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            var layers = Read(text);
            if (layers is null)
            {
                result.AddError(
                    $"{Name} must be attention, cross, transformer or all, and may add ff, proj_in, proj_out, conv and time_emb_proj after commas, as in "
                        + $"attention,ff, but is '{text}'."
                );
            }

            return layers;
        };
    }

    /// <summary>The option's text for some layers: the fewest words.</summary>
    /// <param name="layers">The layers.</param>
    internal static string WordsOf(LoraLayers layers)
    {
        var whole = s_words.Where(word => word.Attention == layers.Attention && layers.More.HasFlag(word.More)).MaxBy(word => (int)word.More);
        var rest = s_words.Where(word => word.Attention is null && layers.More.HasFlag(word.More) && !whole.More.HasFlag(word.More));
        return string.Join(',', rest.Select(word => word.Word).Prepend(whole.Word));
    }

    /// <summary>Reads the option's text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The layers; null if it can't be read.</returns>
    internal static LoraLayers? Read(string text)
    {
        LoraTargets? attention = null;
        var more = MoreLoraTargets.None;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (
                Array.Find(s_words, word => word.Word == part) is not { Word: not null } word
                || (word.Attention is { } other && attention is { } one && one != other)
            )
            {
                return null;
            }

            attention ??= word.Attention;
            more |= word.More;
        }

        return attention is { } chosen ? new LoraLayers(chosen, more) : null;
    }
}
