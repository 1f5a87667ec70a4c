using OrleansOneShot.Compute.Implantation.Methods;
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
    /// <param name="options">The method's options.</param>
    /// <exception cref="InvalidInputException">Too many objects or vectors for the context; the message says how many fit.</exception>
    public static void Require(ModelFolder folder, IReadOnlyList<(string Class, string Token)> objects, MethodOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(objects);
        var resolved = ImplantationOptions.Resolve("", 0, options, new TrainingOptions(), new SampleOptions(), folder.Defaults);
        var method = MethodCatalog.Get(resolved.Method);
        var tokenizer = ClipTokenizer.Load(folder.TokenizerFolder, folder.TextEncoder.MaxPositionEmbeddings);
        for (var i = 0; i < objects.Count; i++)
        {
            tokenizer.AddLearnedToken(objects[i].Token, method.TokensOf(objects[i].Class, i, resolved.Vectors, tokenizer));
        }

        TrainingPrompts.Create(
            [.. objects.Select(o => new ImplantationObject(o.Class, o.Token, []))],
            [resolved.PromptTemplate, .. method.Templates],
            tokenizer
        );
    }
}
