using System.Globalization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// All that does not change between steps, worked out once: the crop, its posterior, the masks at latent size, the prompts' ids and the constant embeddings.
/// </summary>
internal sealed class Preparation : IDisposable
{
    // The dimension of columns, of (N, channels, H, W).
    private const long Across = 3;

    private readonly DisposeScopeHolder _tensors = new();
    private readonly ImplantationOptions _options;

    private Preparation(TrainingCrop crop, TrainingPrompts texts, IReadOnlyList<LearnedToken> tokens, ImplantationOptions options)
    {
        _options = options;
        Crop = crop;
        Texts = texts;
        Tokens = tokens;
    }

    /// <summary>The picture and the masks that training sees.</summary>
    public TrainingCrop Crop { get; }

    /// <summary>The training prompts.</summary>
    public TrainingPrompts Texts { get; }

    /// <summary>The objects' tokens, in the tokenizer.</summary>
    public IReadOnlyList<LearnedToken> Tokens { get; }

    /// <summary>x_m of every object.</summary>
    public IReadOnlyList<RgbImage> MaskedImages { get; private set; } = [];

    /// <summary>The posterior of the crop.</summary>
    public VaePosterior Posterior { get; private set; } = null!;

    /// <summary>The posterior of every object's own view, which the masked terms see; null when they see the training crop.</summary>
    public IReadOnlyList<VaePosterior>? Views { get; private set; }

    /// <summary>What steps see in place of all that, one as likely as the other; empty where the photo is not varied.</summary>
    public IReadOnlyList<TrainingView> Augmented { get; private set; } = [];

    /// <summary>m_i at latent size, (r, 1, h, w); of the own views where there are such.</summary>
    public Tensor LatentMasks { get; private set; } = null!;

    /// <summary>The prompts' ids and T(c_c).</summary>
    public ObjectivePrompts Prompts { get; private set; } = null!;

    /// <summary>I(x), (1, joint); null without a CLIP.</summary>
    public Tensor? ImageEmbedding { get; private set; }

    /// <summary>I(x_m) of every object, each (1, joint); empty without a CLIP.</summary>
    public IReadOnlyList<Tensor> MaskedEmbeddings { get; private set; } = [];

    /// <summary>Does the preparation.</summary>
    /// <param name="photo">The photo file's bytes.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="options">Options.</param>
    /// <param name="models">The base model; the objects' tokens are added to its tokenizer.</param>
    /// <param name="joint">The joint space; null without a CLIP.</param>
    /// <exception cref="InvalidInputException">Photo, mask, token or prompt can't be used.</exception>
    /// <exception cref="NotFiniteNumberException">What the VAE or the CLIP computes is no number.</exception>
    public static Preparation Create(
        byte[] photo,
        IReadOnlyList<ImplantationObject> objects,
        ImplantationOptions options,
        LoadedModels models,
        JointSpace? joint
    )
    {
        var image = ImageReader.Read(photo, "of the job");
        var masks = objects.Select(o => MaskReader.Read(o.Mask, $"of {o.Token}", image, new MaskReading { Lenient = true }).Mask).ToList();
        var crop = TrainingCrop.Create(image, masks, options.Resolution);
        var method = MethodCatalog.Get(options.Method);
        var tokens = objects
            .Select((o, i) => models.Tokenizer.AddLearnedToken(o.Token, method.TokensOf(o.Class, i, options.Vectors, models.Tokenizer)))
            .ToList();
        var texts = TrainingPrompts.Create(objects, [options.PromptTemplate, .. method.Templates], models.Tokenizer);
        var preparation = new Preparation(crop, texts, tokens, options) { MaskedImages = [.. crop.Masks.Select(m => MaskedImage.Create(crop.Image, m))] };
        preparation.Encode(models, joint);
        List<TrainingCrop> views = options.OwnViews
            ? [.. masks.Select(m => TrainingCrop.Create(image, [m], options.Resolution, close: objects.Count == 1))]
            : [];
        if (views.Count > 1 || views.Any(view => view.Rectangle != crop.Rectangle))
        {
            preparation.EncodeViews(views, models);
        }

        if (options.Augment != Augmentations.None)
        {
            preparation.EncodeAugmented(image, masks, views, models);
        }

        return preparation;
    }

    /// <summary>Keeps a tensor until the run is over.</summary>
    /// <param name="tensor">One that the current dispose scope would take.</param>
    /// <returns>The same.</returns>
    public Tensor Keep(Tensor tensor) => _tensors.Keep(tensor);

    /// <inheritdoc/>
    public void Dispose() => _tensors.Dispose();

    // A small object is small in the training crop, yet a model draws one object alone large: in its own crop it is as large as one. An object that is alone
    // has its own crop already, but for the rule that a large one becomes the whole short side.
    private void EncodeViews(List<TrainingCrop> crops, LoadedModels models)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Views = [.. crops.Select(c => PosteriorOf(c, models))];
        LatentMasks = AtLatentSize([.. crops.Select(c => c.Masks[0])], models.Device);
    }

    // Whole photo first; each part of it straight, then mirrored.
    private void EncodeAugmented(RgbImage image, List<MaskImage> masks, List<TrainingCrop> views, LoadedModels models)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (seed, side) = (_options.Seed, _options.Resolution);
        var shared = PartsOf(Crop.Rectangle, masks, "crop");
        var own = Views is null
            ? null
            : views.Select((view, i) => PartsOf(view.Rectangle, [masks[i]], string.Create(CultureInfo.InvariantCulture, $"crop-{i}"))).ToList();
        List<TrainingView> all = [];
        for (var part = 0; part < shared.Count; part++)
        {
            var crop = TrainingCrop.Cut(image, masks, shared[part], side);
            var closer = own?.Select((parts, i) => TrainingCrop.Cut(image, [masks[i]], parts[part], side)).ToList();
            var at = AtLatentSize(closer is null ? crop.Masks : [.. closer.Select(one => one.Masks[0])], models.Device);
            all.Add(new TrainingView(PosteriorOf(crop, models), closer?.Select(one => PosteriorOf(one, models)).ToList(), at));
            if (_options.Augment.HasFlag(Augmentations.Flip))
            {
                all.Add(
                    new TrainingView(
                        PosteriorOf(crop, models, mirrored: true),
                        closer?.Select(one => PosteriorOf(one, models, mirrored: true)).ToList(),
                        _tensors.Keep(at.flip(Across))
                    )
                );
            }
        }

        Augmented = all;

        IReadOnlyList<PixelRectangle> PartsOf(PixelRectangle whole, IReadOnlyList<MaskImage> marked, string subject) =>
            _options.Augment.HasFlag(Augmentations.Crop) ? AugmentedCrops.Find(whole, TrainingCrop.BoundsOf(marked), seed, subject) : [whole];
    }

    private VaePosterior PosteriorOf(TrainingCrop crop, LoadedModels models, bool mirrored = false)
    {
        var pixels = ImageTensors.ToModelInput(crop.Image);
        var posterior = models.Vae.Encode((mirrored ? pixels.flip(Across) : pixels).to(models.Device));
        // Else the first loss would be none, and a smaller learning rate would be asked for.
        posterior.Mean.RequireFinite("The VAE's encoding of the photo");
        return new VaePosterior(_tensors.Keep(posterior.Mean), _tensors.Keep(posterior.LogVariance));
    }

    private Tensor AtLatentSize(IReadOnlyList<MaskImage> masks, Device device)
    {
        long[] latentShape = Posterior.Mean.shape;
        var pixels = MaskEdges.Soften(cat([.. masks.Select(ImageTensors.ToTensor)]), _options.MaskDilate, _options.MaskFeather);
        return _tensors.Keep(ImageTensors.ToLatentMask(pixels, latentShape[2], latentShape[3]).to(device));
    }

    private void Encode(LoadedModels models, JointSpace? joint)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var device = models.Device;
        Posterior = PosteriorOf(Crop, models);
        LatentMasks = AtLatentSize(Crop.Masks, device);

        Tensor Ids(string text) => _tensors.Keep(models.Tokenizer.EncodePrompts([text]).to(device));
        var classes = joint is null ? [] : Texts.Classes.Select(c => _tensors.Keep(joint.Text(Ids(c), null))).ToList();
        Prompts = new ObjectivePrompts(Ids(Texts.Global), [.. Texts.Objects.Select(Ids)], [.. Texts.Own.Select(Ids)], classes);
        if (joint is not null)
        {
            ImageEmbedding = _tensors.Keep(joint.Images(Crop.Image));
            MaskedEmbeddings = [.. MaskedImages.Select(m => _tensors.Keep(joint.Images(m)))];
            foreach (var embedding in classes.Concat(MaskedEmbeddings).Append(ImageEmbedding))
            {
                embedding.RequireFinite("The CLIP's embedding of the photo or the class name");
            }
        }
    }
}
