using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// What the same model draws from the same noise for the plain class name: without it, nobody can tell whether a likeness of 0.6 is much. A few pictures do:
/// one of each prompt that names an object, half as many as the samples and eight at most in all.
/// </summary>
/// <param name="objects">The objects.</param>
/// <param name="options">Options.</param>
internal sealed class PlainSamples(IReadOnlyList<ImplantationObject> objects, ImplantationOptions options)
{
    private const int Most = 8;

    private readonly List<(string Prompt, RgbImage Image)> _pictures = [];

    // Which picture stands for a prompt.
    private readonly Dictionary<string, int> _of = [];

    /// <summary>The pictures with the prompts that they were drawn for, which hold class names in place of identifiers.</summary>
    public IReadOnlyList<(string Prompt, RgbImage Image)> Pictures => _pictures;

    /// <summary>Whether there is a picture to compare those of a prompt with.</summary>
    /// <param name="prompt">The prompt, with identifiers.</param>
    public bool Covers(string prompt) => _of.ContainsKey(prompt);

    /// <summary>Draws them.</summary>
    /// <param name="samples">What draws: one picture of a prompt, the first of its samples but for the word. Its model carries no LoRA.</param>
    /// <param name="observer">Told of the pictures.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="NotFiniteNumberException">What the model computes is no number.</exception>
    public void Draw(SampleStage samples, IImplantationObserver observer, CancellationToken cancellationToken)
    {
        var prompts = SamplePrompts.Choose(options.Prompts, [.. objects.Select(o => o.Token)]);
        var most = Math.Clamp(prompts.Count * options.SamplesPerPrompt / 2, 1, Most);
        foreach (var prompt in InTurn(prompts))
        {
            var plain = SamplePrompts.WithClassNames(prompt, objects);
            var at = _pictures.FindIndex(picture => picture.Prompt == plain);
            if (at < 0)
            {
                if (_pictures.Count == most)
                {
                    continue;
                }

                at = _pictures.Count;
                observer.Progress(ImplantationStage.Sampling, at, most, $"to compare with: \"{plain}\" without what was learned");
                _pictures.Add((plain, samples.DrawPlain(plain, cancellationToken)));
            }

            _of[prompt] = at;
        }
    }

    /// <summary>Image alignment with the masked crop of each object, of the pictures for prompts that name it; null where there are none.</summary>
    /// <param name="joint">The joint space.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <returns>One for each object.</returns>
    public IReadOnlyList<double?> Measure(JointSpace joint, Preparation preparation)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var seen = _pictures.Select(picture => joint.Images(picture.Image)).ToList();
        return
        [
            .. objects.Select(
                (o, i) =>
                    _of.Where(pair => Names(pair.Key, o))
                        .Select(pair => (double?)Cosine.Of(seen[pair.Value], preparation.MaskedEmbeddings[i]).item<float>())
                        .Average()
            ),
        ];
    }

    // The first prompt that names each object, then the second: so that few pictures serve all objects.
    private IEnumerable<string> InTurn(IReadOnlyList<string> prompts)
    {
        var naming = objects.Select(o => prompts.Where(prompt => Names(prompt, o)).Distinct().ToList()).ToList();
        return Enumerable
            .Range(0, naming.Max(some => some.Count))
            .SelectMany(turn => naming.Where(some => turn < some.Count).Select(some => some[turn]))
            .Distinct();
    }

    private static bool Names(string prompt, ImplantationObject one) => prompt.Contains(one.Token, StringComparison.OrdinalIgnoreCase);
}
