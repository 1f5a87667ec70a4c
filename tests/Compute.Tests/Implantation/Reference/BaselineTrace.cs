using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// The first steps of plain LoRA, Textual Inversion and DreamBooth on the scene, written from docs/METHOD.md with numbers and arithmetic of their own. Of the
/// production code they use the modules, the LoRA's product in a layer and the drawing of a picture from given noise, as <see cref="ReferenceTrace"/> does.
/// </summary>
internal sealed class BaselineTrace
{
    /// <summary>What comes before the first and behind the last identifier in each training prompt; the first is the model's own.</summary>
    public static readonly IReadOnlyList<(string Before, string Behind)> Prompts =
    [
        ("the photo of", "here"),
        ("a photo of a", ""),
        ("a photo of the", ""),
        ("a photo of one", ""),
        ("a good photo of a", ""),
        ("a bright photo of the", ""),
        ("a dark photo of a", ""),
        ("a close-up photo of the", ""),
        ("a cropped photo of a", ""),
        ("a picture of a", ""),
        ("a rendering of the", ""),
    ];

    private const int PriorLatents = 10;
    private const int PromptChoice = 11;
    private const int Augmentation = 12;
    private const int ClassPicture = 14;
    private const int Latent = ReferenceScene.Side / 8;
    private static readonly string[] s_rare = ["sks", "zwx", "ohwx"];
    private readonly ReferenceModel _model;
    private readonly ImplantationOptions _options;
    private readonly ReferenceText _text;
    private readonly VaePosterior _photo;
    private readonly VaePosterior _mirrored;
    private readonly List<VaePosterior> _classes = [];

    public BaselineTrace(ReferenceModel model, ImplantationOptions options)
    {
        (_model, _options, _text) = (model, options, new ReferenceText(model, options.Vectors));
        (_photo, _mirrored) = (Posterior(Scene(mirrored: false)), Posterior(Scene(mirrored: true)));
        for (var i = 0; i < options.ClassPictures; i++)
        {
            _classes.Add(Posterior(Input(DrawClass(i))));
        }
    }

    /// <summary>What the class pictures' prompt says.</summary>
    public static string ClassPrompt => "the photo of cat and dog and red cup here";

    /// <summary>The loss of a step by term, and the gradient of every parameter by its name in checkpoints, before anything has been trained.</summary>
    /// <param name="step">The step, whose numbers are drawn.</param>
    public (List<double> Losses, Dictionary<string, float[]> Gradients) Step(int step)
    {
        using var scope = NewDisposeScope();
        var leaves = new Dictionary<string, Tensor>();
        var rows = Attach(leaves);
        try
        {
            var isInversion = _options.Method == TrainingMethod.TextualInversion;
            var isMirrored = isInversion && ReferenceNumbers.Uniform(Key(step, Augmentation)) < 0.5;
            var choice = isInversion ? (int)(ReferenceNumbers.Uniform(Key(step, PromptChoice)) * Prompts.Count) : 0;
            List<Tensor> terms = [Term(step, isMirrored ? _mirrored : _photo, "", Ids(choice), rows, 1)];
            if (_classes.Count > 0)
            {
                var picture = (int)(ReferenceNumbers.Uniform(Key(step, ClassPicture)) * _classes.Count);
                terms.Add(Term(step, _classes[picture], "prior", _text.Plain(ClassPrompt), null, _options.PriorWeight));
            }

            terms.ForEach(term => term.backward());
            return (
                [.. terms.Select(term => (double)term.item<float>())],
                leaves.ToDictionary(leaf => leaf.Key, leaf => leaf.Value.grad!.contiguous().data<float>().ToArray())
            );
        }
        finally
        {
            Detach();
        }
    }

    private Generator Key(int step, int purpose, string subject = "") => ReferenceNumbers.Of(_options.Seed, step, purpose, subject);

    // What trains as leaves; gives the rows of learned vectors.
    private Tensor? Attach(Dictionary<string, Tensor> leaves)
    {
        switch (_options.Method)
        {
            case TrainingMethod.Lora:
                var generator = Key(0, ReferenceNumbers.LoraInit);
                foreach (var (name, layer) in _model.UNet.AdaptableLayers.Where(layer => IsAttention(layer.Key)))
                {
                    float[] a = [.. ReferenceNumbers.Normal(generator, _options.Rank, layer.InFeatures).Select(x => x / _options.Rank)];
                    var down = leaves[$"lora.{name}.lora_A.weight"] = tensor(a).reshape(_options.Rank, -1).requires_grad_();
                    var up = leaves[$"lora.{name}.lora_B.weight"] = zeros(layer.OutFeatures, _options.Rank).requires_grad_();
                    layer.Adapter = new LoraAdapter(name, down, up, _options.Alpha);
                }

                return null;
            case TrainingMethod.Dreambooth:
                foreach (var (name, parameter) in _model.UNet.named_parameters())
                {
                    leaves[$"unet.{name}"] = parameter.requires_grad_();
                }

                return null;
            default:
                var table = _model.TextEncoder.TokenTable.data<float>().ToArray();
                float[] start =
                [
                    .. ReferenceScene.Classes.SelectMany(name =>
                    {
                        var words = _text.Ids(name);
                        return Enumerable.Range(0, _options.Vectors).SelectMany(j => table[(words[j % words.Count] * 32)..((words[j % words.Count] + 1) * 32)]);
                    }),
                ];
                return leaves["vectors"] = tensor(start).reshape(-1, 32).requires_grad_();
        }
    }

    private void Detach()
    {
        foreach (var layer in _model.UNet.AdaptableLayers.Values)
        {
            layer.Adapter = null;
        }

        foreach (var parameter in _model.UNet.parameters())
        {
            parameter.grad = null;
            parameter.requires_grad = false;
        }
    }

    private static bool IsAttention(string name) =>
        (name.Contains(".attn1.", StringComparison.Ordinal) || name.Contains(".attn2.", StringComparison.Ordinal))
        && new[] { ".to_q", ".to_k", ".to_v", ".to_out.0" }.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    // A prompt's ids: learned rows, or the words of a method that learns none.
    private Tensor Ids(int choice)
    {
        List<int> ids = [.. _text.Ids(Prompts[choice].Before)];
        for (var i = 0; i < 3; i++)
        {
            ids.AddRange(i == 0 ? [] : _text.Ids("and"));
            ids.AddRange(
                _options.Method == TrainingMethod.TextualInversion
                    ? Enumerable.Range(960 + (i * _options.Vectors), _options.Vectors)
                    : _text.Ids($"{s_rare[i]} {ReferenceScene.Classes[i]}")
            );
        }

        return ReferenceText.Complete([.. ids, .. Prompts[choice].Behind.Length == 0 ? [] : _text.Ids(Prompts[choice].Behind)]);
    }

    // w || v - v_theta(z_t, t, c) ||^2, of a model that predicts v.
    private Tensor Term(int step, VaePosterior posterior, string subject, Tensor ids, Tensor? rows, double weight)
    {
        float[] Normal(int purpose) => ReferenceNumbers.Normal(Key(step, purpose, subject), 1, 4, Latent, Latent);
        var (mean, logVariance) = (posterior.Mean.data<float>().ToArray(), posterior.LogVariance.data<float>().ToArray());
        var (sample, noise) = (Normal(ReferenceNumbers.VaePosterior), Normal(ReferenceNumbers.Noise));
        var timestep = (int)(ReferenceNumbers.Uniform(Key(step, ReferenceNumbers.Timestep, subject)) * 1000);
        var abar = ReferenceModel.AlphaBar(timestep);
        var (signal, spread) = (Math.Sqrt(abar), Math.Sqrt(1 - abar));
        double[] z = [.. mean.Select((m, i) => (m + (Math.Exp(logVariance[i] / 2.0) * sample[i])) * ReferenceModel.ScalingFactor)];
        Tensor Values(Func<double, int, double> value) => tensor(z.Select((x, i) => (float)value(x, i)).ToArray()).reshape(1, 4, Latent, Latent);
        var prediction = _model.UNet.call(
            Values((x, i) => (signal * x) + (spread * noise[i])),
            tensor(new[] { (long)timestep }),
            _model.TextEncoder.call(ids, rows)
        );
        var residual = Values((x, i) => (signal * noise[i]) - (spread * x)) - prediction;
        return (residual * residual).mean() * tensor((float)weight);
    }

    private RgbImage DrawClass(int index)
    {
        var noise = ReferenceNumbers.Normal(Key(index, PriorLatents), 1, 4, Latent, Latent);
        using var encoder = new PromptEncoder(_model.TextEncoder, _model.NewTokenizer(), null);
        var scheduler = SchedulerConfig.Load(Path.Combine(_model.Folder, "scheduler", "scheduler_config.json"));
        return new TextToImage(_model.UNet, _model.Vae, encoder, scheduler).Draw(
            new SamplingRequest
            {
                Prompt = ClassPrompt,
                Scheduler = "dpm++",
                Steps = 25,
                GuidanceScale = 7.5,
                Width = ReferenceScene.Side,
                Height = ReferenceScene.Side,
            },
            tensor(noise).reshape(1, 4, Latent, Latent)
        )[0];
    }

    private static float[] Scene(bool mirrored)
    {
        var pixels = ReferenceTrace.Crop();
        return mirrored ? Input(Mirror(pixels)) : Input(pixels);
    }

    private static RgbImage Mirror(RgbImage picture) =>
        new(
            picture.Width,
            picture.Height,
            [
                .. Enumerable
                    .Range(0, picture.Width * picture.Height)
                    .SelectMany(at =>
                    {
                        var from = 3 * ((at / picture.Width * picture.Width) + picture.Width - 1 - (at % picture.Width));
                        return new[] { picture.Pixels[from], picture.Pixels[from + 1], picture.Pixels[from + 2] };
                    }),
            ]
        );

    // (1, 3, H, W) in [-1, 1].
    private static float[] Input(RgbImage picture)
    {
        var plane = picture.Width * picture.Height;
        var input = new float[3 * plane];
        for (var at = 0; at < 3 * plane; at++)
        {
            input[(at % 3 * plane) + (at / 3)] = (picture.Pixels[at] / 127.5f) - 1;
        }

        return input;
    }

    private VaePosterior Posterior(float[] input)
    {
        using var guard = no_grad();
        return _model.Vae.Encode(tensor(input).reshape(1, 3, ReferenceScene.Side, ReferenceScene.Side));
    }
}
