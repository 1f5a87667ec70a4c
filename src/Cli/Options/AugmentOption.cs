using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--augment</c>: how the photo is varied from step to step.</summary>
internal sealed class AugmentOption : Option<Augmentations?>
{
    /// <summary>Creates the option.</summary>
    /// <param name="attribute">Its name and words.</param>
    public AugmentOption(OptionAttribute attribute)
        : base(attribute.Name)
    {
        Description = attribute.Help;
        HelpName = attribute.Form;
        Arity = ArgumentArity.ExactlyOne;
        CompletionSources.Add(_ => attribute.Form!.Split('|').Select(words => new System.CommandLine.Completions.CompletionItem(words)));
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            var read = AugmentationWords.Read(text);
            if (read is null)
            {
                result.AddError($"{Name} must be {AugmentationWords.Choices}, but is '{text}'.");
            }

            return read;
        };
    }
}
