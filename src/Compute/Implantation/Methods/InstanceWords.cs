namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>
/// The words that call an object of a method without learned vectors: a rare word before the class name, as in DreamBooth's "a photo of sks dog". Identifiers
/// stand for them, so that prompts are written alike for all methods.
/// </summary>
internal static class InstanceWords
{
    // Words that mean nothing to the text encoder; each object of a photo has its own.
    private static readonly string[] s_rare = ["sks", "zwx", "ohwx", "xjy", "phol", "kjx", "vqz", "bnha"];

    /// <summary>The words of an object.</summary>
    /// <param name="name">Its class name.</param>
    /// <param name="index">Which of the photo's objects it is, from 0.</param>
    public static string Of(string name, int index)
    {
        var round = index / s_rare.Length;
        return FormattableString.Invariant($"{s_rare[index % s_rare.Length]}{(round == 0 ? "" : $"{round + 1}")} {name}");
    }

    /// <summary>What a run's identifiers stand for: the model's own rows of the words.</summary>
    /// <param name="run">The run.</param>
    public static IdentifierVectors VectorsOf(MethodRun run) => IdentifierVectors.OfWords(run, run.Preparation.Texts.Classes.Select(Of));
}
