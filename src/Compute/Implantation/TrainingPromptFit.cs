using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Whether a job's training prompts fit the text encoder's context: what can be known without loading a weight.</summary>
public static class TrainingPromptFit
{
    /// <summary>Checks the prompts of a job.</summary>
    /// <param name="folder">The base model.</param>
    /// <param name="objects">Class name and identifier of every object.</param>
    /// <param name="vectors">Learned vectors an object; null takes the model's default, else the method's.</param>
    /// <exception cref="InvalidInputException">Too many objects or vectors for the context; the message says how many fit.</exception>
    public static void Require(ModelFolder folder, IReadOnlyList<(string Class, string Token)> objects, int? vectors)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(objects);
        var defaults = new ImplantationOptions { Name = "" };
        var tokenizer = ClipTokenizer.Load(folder.TokenizerFolder, folder.TextEncoder.MaxPositionEmbeddings);
        foreach (var (_, token) in objects)
        {
            tokenizer.AddLearnedToken(token, vectors ?? folder.Defaults.Vectors ?? defaults.Vectors);
        }

        TrainingPrompts.Create(
            [.. objects.Select(o => new ImplantationObject(o.Class, o.Token, []))],
            folder.Defaults.PromptTemplate ?? defaults.PromptTemplate,
            tokenizer
        );
    }
}
