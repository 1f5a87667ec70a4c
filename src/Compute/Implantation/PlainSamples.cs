using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// What the same model draws from the same noise for the plain class name: without it, nobody can tell whether a likeness of 0.6 is much. A few pictures do:
/// one of each of the first two prompts that name an object, half as many as the samples and eight at most in all.
/// </summary>
/// <param name="objects">The objects.</param>
/// <param name="options">Options.</param>
internal sealed class PlainSamples(IReadOnlyList<ImplantationObject> objects, ImplantationOptions options)
{
    private const int PromptsOfAnObject = 2;
    private const int Most = 8;

    private readonly List<(string Prompt, RgbImage Image)> _pictures = [];
    private readonly Dictionary<string, List<string>> _promptsOf = objects.ToDictionary(o => o.Token, _ => new List<string>());

    /// <summary>The pictures with the prompts that they were drawn for, which hold class names in place of identifiers.</summary>
    public IReadOnlyList<(string Prompt, RgbImage Image)> Pictures => _pictures;

    /// <summary>Draws them.</summary>
    /// <param name="samples">What draws: one picture of a prompt, the first of its samples but for the word. Its model carries no LoRA.</param>
    /// <param name="observer">Told of the pictures.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="NotFiniteNumberException">What the model computes is no number.</exception>
    public void Draw(SampleStage samples, IImplantationObserver observer, CancellationToken cancellationToken)
    {
        var prompts = SamplePrompts.Choose(options.Prompts, [.. objects.Select(o => o.Token)]);
        var most = Math.Clamp(prompts.Count * options.SamplesPerPrompt / 2, 1, Most);
        foreach (var o in objects)
        {
            foreach (var prompt in prompts.Where(p => Names(p, o)).Take(PromptsOfAnObject))
            {
                var plain = SamplePrompts.WithClassNames(prompt, objects);
                if (_pictures.TrueForAll(picture => picture.Prompt != plain))
                {
                    if (_pictures.Count == most)
                    {
                        continue;
                    }

                    observer.Progress(ImplantationStage.Sampling, _pictures.Count, most, $"to compare with: \"{plain}\" without what was learned");
                    _pictures.Add((plain, samples.DrawPlain(plain, cancellationToken)));
                }

                _promptsOf[o.Token].Add(plain);
            }
        }
    }

    /// <summary>Image alignment with the masked crop of each object, of the pictures drawn for it; null where there are none.</summary>
    /// <param name="joint">The joint space.</param>
    /// <param name="preparation">The prepared job.</param>
    /// <returns>One for each object.</returns>
    public IReadOnlyList<double?> Measure(JointSpace joint, Preparation preparation)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var seen = _pictures.ToDictionary(picture => picture.Prompt, picture => joint.Images(picture.Image));
        return
        [
            .. objects.Select(
                (o, i) => _promptsOf[o.Token].Select(prompt => (double?)Cosine.Of(seen[prompt], preparation.MaskedEmbeddings[i]).item<float>()).Average()
            ),
        ];
    }

    private static bool Names(string prompt, ImplantationObject one) => prompt.Contains(one.Token, StringComparison.OrdinalIgnoreCase);
}
