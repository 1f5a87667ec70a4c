using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Metrics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// Measures pictures of an object against photos of it: each picture is decoded once and encoded once by each model, some at a time. Not thread-safe.
/// </summary>
public sealed class Evaluator : IDisposable
{
    private readonly ClipFeatures? _clip;
    private readonly DinoFeatures? _dino;
    private readonly Dictionary<string, float[]> _texts = new(StringComparer.Ordinal);

    // By FigureKind.Name: the references' features, each (1, d).
    private readonly Dictionary<FigureKind, List<Tensor>> _references = [];
    private readonly List<ColourDistance> _colours = [];
    private readonly List<PatchDistance> _patches = [];
    private readonly EvaluationReference? _pasted;

    /// <summary>Prepares for an object.</summary>
    /// <param name="clip">Measures ta, ia and ia_object; null leaves them out. Stays the caller's.</param>
    /// <param name="dino">Measures dino and dino_object; null leaves them out. Stays the caller's.</param>
    /// <param name="references">
    /// Photos of the object, at least one. With several, each figure is the mean over them; those that need masks take those that have one.
    /// </param>
    /// <exception cref="ArgumentException">There is no reference, or a mask that marks nothing.</exception>
    public Evaluator(ClipFeatures? clip, DinoFeatures? dino, IReadOnlyList<EvaluationReference> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        ArgumentOutOfRangeException.ThrowIfZero(references.Count);
        if (references.Any(one => one.Mask is { } mask && (mask.Bounds(0) is null || mask.Width != one.Image.Width || mask.Height != one.Image.Height)))
        {
            throw new ArgumentException("A mask marks nothing, or is not of its picture's size.", nameof(references));
        }

        (_clip, _dino) = (clip, dino);
        var masked = references.Where(one => one.Mask is not null).ToList();
        _pasted = masked.FirstOrDefault();
        foreach (var one in masked)
        {
            var lab = LabPicture.Create(one.Image);
            var mask = one.Mask!.Resize(lab.Width, lab.Height).Values;
            _colours.Add(new ColourDistance(lab, mask));
            _patches.Add(new PatchDistance(lab, mask));
        }

        List<RgbImage> whole = [.. references.Select(one => one.Image)];
        List<RgbImage> cut = [.. masked.Select(one => MaskedImage.Create(one.Image, one.Mask!))];
        if (clip is not null)
        {
            _references.Add(FigureKind.Ia, Each(whole, image => clip.Images(image)));
            _references.Add(FigureKind.IaObject, Each(cut, image => clip.Images(image)));
        }

        if (dino is not null)
        {
            _references.Add(FigureKind.Dino, Each(whole, image => dino.Images(image)));
            _references.Add(FigureKind.DinoObject, Each(cut, image => dino.Images(image)));
        }
    }

    /// <summary>Whether the photo's object can be pasted into pictures: there is a mask.</summary>
    public bool HasCeiling => _pasted is not null;

    /// <summary>Measures a set of pictures.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="batch">How many are encoded at once, 1 or more.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <returns>One result a picture, in their order.</returns>
    public IReadOnlyList<MeasuredPicture> Measure(
        IReadOnlyList<PictureSource> pictures,
        int batch,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var measured = new List<MeasuredPicture>(pictures.Count);
        foreach (var some in pictures.Chunk(batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            measured.AddRange(MeasureBatch(some, [.. some.Select(one => one.Read())]));
            progress?.Invoke(measured.Count);
        }

        return measured;
    }

    /// <summary>Measures pictures, and beside them what tells how to read their figures.</summary>
    /// <param name="outputs">The pictures.</param>
    /// <param name="plain">What the frozen model draws for the same prompts with the class word; empty where there is nothing.</param>
    /// <param name="batch">How many are encoded at once, 1 or more.</param>
    /// <param name="progress">Told how many are done, of <see cref="CountOf"/>.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <returns>All sets; the ceiling is empty without a mask or without <paramref name="plain"/>.</returns>
    public EvaluationSets MeasureSets(
        IReadOnlyList<PictureSource> outputs,
        IReadOnlyList<PictureSource> plain,
        int batch,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(plain);
        var measured = Measure(outputs, batch, progress, cancellationToken);
        var beside = Measure(HasCeiling ? [.. plain.SelectMany(WithPasted)] : plain, batch, done => progress?.Invoke(outputs.Count + done), cancellationToken);
        return HasCeiling
            ? new EvaluationSets(measured, [.. beside.Where((_, i) => i % 2 == 0)], [.. beside.Where((_, i) => i % 2 == 1)])
            : new EvaluationSets(measured, beside, []);
    }

    /// <summary>How many pictures <see cref="MeasureSets"/> measures in all.</summary>
    /// <param name="outputs">Number of pictures.</param>
    /// <param name="plain">Number of the frozen model's pictures.</param>
    public int CountOf(int outputs, int plain) => outputs + (HasCeiling ? 2 * plain : plain);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var features in _references.Values.SelectMany(list => list))
        {
            features.Dispose();
        }

        _patches.ForEach(one => one.Dispose());
    }

    // The frozen model's picture and, decoded once for both, the same with the object pasted over it.
    private PictureSource[] WithPasted(PictureSource plain)
    {
        RgbImage? read = null;
        return
        [
            plain with
            {
                Read = () => read = plain.Read(),
            },
            plain with
            {
                Read = () =>
                {
                    var (below, reference) = (read ?? plain.Read(), _pasted!);
                    read = null;
                    return PastedObject.Over(below, reference.Image, reference.Mask!);
                },
            },
        ];
    }

    private IEnumerable<MeasuredPicture> MeasureBatch(PictureSource[] sources, RgbImage[] pictures)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var figures = sources.Select(_ => new Dictionary<string, double>(StringComparer.Ordinal)).ToArray();
        var clip = _clip?.Images(pictures);
        if (clip is not null)
        {
            Put(FigureKind.Ta, Alignment.TextAlignment(clip, Texts(sources)));
            Against(FigureKind.Ia, clip);
            Against(FigureKind.IaObject, clip);
        }

        if (_dino?.Images(pictures) is { } dino)
        {
            Against(FigureKind.Dino, dino);
            Against(FigureKind.DinoObject, dino);
        }

        for (var n = 0; n < pictures.Length && _colours.Count > 0; n++)
        {
            var picture = pictures[n];
            var lab = LabPicture.Create(picture);
            figures[n][FigureKind.ColourDistance.Name] = _colours.Average(one => one.Of(lab));
            var sizes = new Dictionary<int, LabPicture> { [LabPicture.Side] = lab };
            figures[n][FigureKind.PatchDistance.Name] = _patches.Average(one => one.Of(SizeOf));

            LabPicture SizeOf(int side)
            {
                if (!sizes.TryGetValue(side, out var made))
                {
                    sizes.Add(side, made = LabPicture.Create(picture, side));
                }

                return made;
            }
        }

        return [.. sources.Select((source, n) => new MeasuredPicture(source.Name, source.Prompt, figures[n]) { Features = clip?[n].data<float>().ToArray() })];

        void Against(FigureKind kind, Tensor features)
        {
            if (_references[kind] is { Count: > 0 } references)
            {
                var each = references.Select(reference => Alignment.ImageAlignment(features, reference)).ToList();
                Put(kind, [.. Enumerable.Range(0, pictures.Length).Select(n => each.Average(values => values[n]))]);
            }
        }

        void Put(FigureKind kind, double[] values)
        {
            for (var n = 0; n < values.Length; n++)
            {
                figures[n][kind.Name] = values[n];
            }
        }
    }

    // (N, d); a prompt is encoded once, however many pictures were drawn for it.
    private Tensor Texts(PictureSource[] sources)
    {
        string[] fresh = [.. sources.Select(one => one.Prompt).Where(prompt => !_texts.ContainsKey(prompt)).Distinct(StringComparer.Ordinal)];
        if (fresh.Length > 0)
        {
            using var encoded = _clip!.Texts(fresh);
            for (var i = 0; i < fresh.Length; i++)
            {
                using var row = encoded[i];
                _texts.Add(fresh[i], row.data<float>().ToArray());
            }
        }

        return FeatureRows.Of(sources.Select(one => _texts[one.Prompt]));
    }

    private static List<Tensor> Each(List<RgbImage> images, Func<RgbImage, Tensor> encode)
    {
        using var scope = NewDisposeScope();
        return [.. images.Select(image => encode(image).DetachFromDisposeScope())];
    }
}

/// <summary>Pictures and what tells how to read their figures.</summary>
/// <param name="Outputs">The pictures.</param>
/// <param name="Floor">What the frozen model draws for the same prompts with the class word; empty where there is nothing.</param>
/// <param name="Ceiling">The same with the photo's own object pasted over it; empty where there is nothing.</param>
public sealed record EvaluationSets(IReadOnlyList<MeasuredPicture> Outputs, IReadOnlyList<MeasuredPicture> Floor, IReadOnlyList<MeasuredPicture> Ceiling);

/// <summary>Features of pictures, between one batch and the next.</summary>
internal static class FeatureRows
{
    /// <summary>Rows of features as a tensor.</summary>
    /// <param name="rows">N rows of d values.</param>
    /// <returns>(N, d), in the caller's dispose scope.</returns>
    public static Tensor Of(IEnumerable<float[]> rows)
    {
        var all = rows.ToArray();
        return tensor([.. all.SelectMany(row => row)], [all.Length, all[0].Length]);
    }
}
