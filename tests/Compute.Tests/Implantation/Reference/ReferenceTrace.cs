using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// A whole run from the scene's pixels to weights and pictures, written from docs/METHOD.md: every term alone, numbers of its own, arithmetic of its own. Of
/// the production code it uses the modules (UNet, VAE, text towers), the LoRA's product in a layer and the drawing of one picture from given noise, each of
/// which is compared with PyTorch elsewhere.
/// </summary>
internal sealed class ReferenceTrace
{
    private const int Latent = ReferenceScene.Side / 8;
    private static readonly float[] s_clipMean = [0.48145466f, 0.4578275f, 0.40821073f];
    private readonly ReferenceModel _model;
    private readonly ReferenceSettings _settings;
    private readonly List<string> _modules;
    private readonly Dictionary<string, float[]> _a = [];
    private readonly Dictionary<string, float[]> _b = [];
    private readonly Dictionary<string, ReferenceAdam> _adam = [];
    private readonly ReferenceText _text;

    public ReferenceTrace(ReferenceModel model, ReferenceSettings settings)
    {
        _model = model;
        _settings = settings;
        _text = new ReferenceText(model, settings.Vectors);
        string[] targets = settings.CrossOnly ? [".attn2."] : [".attn1.", ".attn2."];
        _modules =
        [
            .. model.UNet.AdaptableLayers.Keys.Where(name =>
                targets.Any(name.Contains)
                && (
                    name.EndsWith(".to_q", StringComparison.Ordinal)
                    || name.EndsWith(".to_k", StringComparison.Ordinal)
                    || name.EndsWith(".to_v", StringComparison.Ordinal)
                    || name.EndsWith(".to_out.0", StringComparison.Ordinal)
                )
            ),
        ];
    }

    /// <summary>Names of the layers that carry a LoRA.</summary>
    public IReadOnlyList<string> Modules => _modules;

    /// <summary>Losses by step: global, sum of the masked terms, class.</summary>
    public List<(double Global, double Object, double Class)> Losses { get; } = [];

    /// <summary>L_PE of every object, by step.</summary>
    public List<List<double>> Prototypes { get; } = [];

    /// <summary>All objects' vectors, (3 n, 32).</summary>
    public float[] Vectors { get; private set; } = [];

    /// <summary>A of a module, (r, in).</summary>
    public float[] A(string module) => _a[module];

    /// <summary>B of a module, (out, r).</summary>
    public float[] B(string module) => _b[module];

    /// <summary>Trains.</summary>
    public void Train()
    {
        using var scope = NewDisposeScope();
        Start();
        var (shared, own) = (Posterior(ReferenceScene.SharedLeft), ReferenceScene.OwnLeft.Select(Posterior).ToList());
        for (var step = 0; step < _settings.Steps; step++)
        {
            using var inner = NewDisposeScope();
            Step(step, shared, own);
        }
    }

    /// <summary>Draws the pictures of the prompt, with what was trained.</summary>
    public IReadOnlyList<RgbImage> Draw()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var noise = Enumerable
            .Range(0, 2)
            .SelectMany(i => ReferenceNumbers.Normal(ReferenceNumbers.Of(_settings.Seed, i, ReferenceNumbers.SampleLatents), 1, 4, Latent, Latent))
            .ToArray();
        using var encoder = new PromptEncoder(_model.TextEncoder, _text.Tokenizer, Values(Vectors, -1, 32));
        Attach(_modules.ToDictionary(m => m, m => (Values(_a[m], _settings.Rank, -1), Values(_b[m], -1, _settings.Rank))));
        try
        {
            return new TextToImage(
                _model.UNet,
                _model.Vae,
                encoder,
                SchedulerConfig.Load(Path.Combine(_model.Folder, "scheduler", "scheduler_config.json"))
            ).Draw(
                new SamplingRequest
                {
                    Prompt = _settings.Prompt,
                    Scheduler = "ddim",
                    Steps = 4,
                    GuidanceScale = 3,
                    Width = ReferenceScene.Side,
                    Height = ReferenceScene.Side,
                },
                Values(noise, 2, 4, Latent, Latent)
            );
        }
        finally
        {
            Detach();
        }
    }

    /// <summary>I(.) of a picture, (1, 24).</summary>
    public Tensor Image(RgbImage picture) => _model.Clip.ImageFeatures(_model.Preprocessor.Process(picture)).detach();

    /// <summary>T(.) of plain words, (1, 24).</summary>
    public Tensor Words(string words) => _model.Clip.TextFeatures(_text.Plain(words), null, _text.End).detach();

    /// <summary>The training crop.</summary>
    public static RgbImage Crop(int left = ReferenceScene.SharedLeft) => new(ReferenceScene.Side, ReferenceScene.Side, Pixels(left));

    /// <summary>x_m of an object: CLIP's mean colour outside its mask.</summary>
    public static RgbImage Masked(int i)
    {
        var pixels = Pixels(ReferenceScene.SharedLeft);
        for (var at = 0; at < pixels.Length; at++)
        {
            var m = ReferenceScene.Mask(i, ReferenceScene.SharedLeft + (at / 3 % ReferenceScene.Side), at / 3 / ReferenceScene.Side) / 255f;
            pixels[at] = (byte)Math.Clamp(MathF.Round(((pixels[at] / 255f * m) + (s_clipMean[at % 3] * (1 - m))) * 255f), 0, 255);
        }

        return new RgbImage(ReferenceScene.Side, ReferenceScene.Side, pixels);
    }

    internal static Tensor Cosine(Tensor a, Tensor b) => (a * b).sum() / ((a * a).sum().sqrt() * (b * b).sum().sqrt());

    private static byte[] Pixels(int left) =>
        [
            .. Enumerable
                .Range(0, ReferenceScene.Side * ReferenceScene.Side)
                .SelectMany(at =>
                {
                    var (r, g, b) = ReferenceScene.Pixel(left + (at % ReferenceScene.Side), at / ReferenceScene.Side);
                    return new[] { r, g, b };
                }),
        ];

    // The mean of the mask over the 8 x 8 pixels that a latent stands for.
    private static float[] LatentMask(int i, int left)
    {
        var values = new float[Latent * Latent];
        for (var at = 0; at < values.Length; at++)
        {
            var sum = 0.0;
            for (var pixel = 0; pixel < 64; pixel++)
            {
                sum += ReferenceScene.Mask(i, left + (at % Latent * 8) + (pixel % 8), (at / Latent * 8) + (pixel / 8)) / 255.0;
            }

            values[at] = (float)(sum / 64);
        }

        return values;
    }

    private static Tensor Values(float[] values, params long[] shape) => tensor(values).reshape(shape);

    private static Tensor Number(double value) => tensor((float)value);

    private static float[] Read(Tensor values) => values.detach().contiguous().data<float>().ToArray();

    private void Start()
    {
        var generator = ReferenceNumbers.Of(_settings.Seed, 0, ReferenceNumbers.LoraInit);
        foreach (var module in _modules)
        {
            var layer = _model.UNet.AdaptableLayers[module];
            _a[module] = [.. ReferenceNumbers.Normal(generator, _settings.Rank, layer.InFeatures).Select(x => x / _settings.Rank)];
            _b[module] = new float[layer.OutFeatures * _settings.Rank];
            (_adam[module + "A"], _adam[module + "B"]) = (new ReferenceAdam(_a[module].Length), new ReferenceAdam(_b[module].Length));
        }

        Vectors = [.. Enumerable.Range(0, 3).SelectMany(StartOf)];
        _adam[""] = new ReferenceAdam(Vectors.Length);
    }

    private float[] StartOf(int i)
    {
        var table = Read(_model.TextEncoder.TokenTable);
        float[] Row(int id) => table[(id * 32)..((id + 1) * 32)];
        var norm = table.Chunk(32).Average(row => Math.Sqrt(row.Sum(x => (double)x * x)));
        float[] Scaled(float[] rows) =>
            [
                .. rows.Chunk(32)
                    .SelectMany(row =>
                    {
                        var length = Math.Sqrt(row.Sum(x => (double)x * x));
                        return row.Select(x => (float)(x * norm / length));
                    }),
            ];
        var n = _settings.Vectors;
        var words = _text.Ids(ReferenceScene.Classes[i]);
        var vectors = _settings.RandomStart
            ? Scaled(ReferenceNumbers.Normal(ReferenceNumbers.Of(_settings.Seed, 0, ReferenceNumbers.TokenInit, ReferenceScene.Tokens[i]), n, 32))
            : [.. Enumerable.Range(0, n).SelectMany(j => Row(words[j % words.Count]))];
        if (_settings.PrototypeSteps == 0)
        {
            return vectors;
        }

        using var scope = NewDisposeScope();
        Tensor Unit(Tensor x) => x / (x * x).sum().sqrt();
        var (whole, masked, text) = _settings.Fusion;
        var theta = (Unit(Image(Crop())) * Number(whole))
            .Add(Unit(Image(Masked(i))) * Number(masked))
            .Add(Unit(Words(ReferenceScene.Classes[i])) * Number(text));
        var adam = new ReferenceAdam(vectors.Length);
        var (losses, best) = (new List<double>(), vectors);
        for (var step = 0; step <= _settings.PrototypeSteps; step++)
        {
            var rows = Values(vectors, n, 32).requires_grad_();
            var loss = Number(1) - Cosine(_model.Clip.TextFeatures(_text.Rows(0), rows, _text.End), theta);
            loss.backward();
            if (losses.Count == 0 || loss.item<float>() < losses.Min())
            {
                best = vectors;
            }

            losses.Add(loss.item<float>());
            vectors = Scaled(adam.Step(vectors, Read(rows.grad!), 0.02, 0));
        }

        Prototypes.Add(losses);
        return best;
    }

    private VaePosterior Posterior(int left)
    {
        using var guard = no_grad();
        var pixels = Pixels(left);
        var plane = ReferenceScene.Side * ReferenceScene.Side;
        var input = new float[3 * plane];
        for (var at = 0; at < pixels.Length; at++)
        {
            input[(at % 3 * plane) + (at / 3)] = (pixels[at] / 127.5f) - 1;
        }

        return _model.Vae.Encode(Values(input, 1, 3, ReferenceScene.Side, ReferenceScene.Side));
    }

    // z: a sample of the posterior times the scaling factor.
    private float[] Sample(VaePosterior posterior, int step, string subject)
    {
        var noise = ReferenceNumbers.Normal(ReferenceNumbers.Of(_settings.Seed, step, ReferenceNumbers.VaePosterior, subject), 1, 4, Latent, Latent);
        var (mean, logVariance) = (Read(posterior.Mean), Read(posterior.LogVariance));
        return [.. mean.Select((m, i) => (float)((m + (Math.Exp(logVariance[i] / 2.0) * noise[i])) * ReferenceModel.ScalingFactor))];
    }

    private void Step(int step, VaePosterior shared, List<VaePosterior> own)
    {
        var z = Sample(shared, step, "");
        var noise = ReferenceNumbers.Normal(ReferenceNumbers.Of(_settings.Seed, step, ReferenceNumbers.Noise), 1, 4, Latent, Latent);
        var (timestep, subset, p) = ReferenceNumbers.Draw(_settings.Seed, step, _settings.K);
        var leaves = _modules.ToDictionary(
            m => m,
            m => (A: Values(_a[m], _settings.Rank, -1).requires_grad_(), B: Values(_b[m], -1, _settings.Rank).requires_grad_())
        );
        var vectors = Values(Vectors, -1, 32).requires_grad_();
        Attach(leaves);
        var global = Term(z, null, noise, timestep, _text.Prompt([0, 1, 2]), vectors);
        var masked = subset
            .Select(i =>
            {
                var left = _settings.OwnViews ? ReferenceScene.OwnLeft[i] : ReferenceScene.SharedLeft;
                return Term(_settings.OwnViews ? Sample(own[i], step, $"object-{i}") : z, LatentMask(i, left), noise, timestep, _text.Prompt([i]), vectors);
            })
            .ToList();
        var classes =
            p < _settings.ClassProbability
                ? subset
                    .Select(i =>
                        Number(1)
                        - (Number(_settings.ClassAlpha) * Cosine(_model.Clip.TextFeatures(_text.Rows(i), vectors, _text.End), Words(ReferenceScene.Classes[i])))
                    )
                    .ToList()
                : [];
        Losses.Add((global.item<float>(), masked.Sum(m => (double)m.item<float>()), classes.Sum(c => (double)c.item<float>())));
        foreach (var loss in masked.Concat(classes).Append(global))
        {
            loss.backward();
        }

        Detach();
        var rate = _settings.LearningRate * (_settings.Cosine ? (1 + Math.Cos(Math.PI * step / _settings.Steps)) / 2 : 1);
        foreach (var (module, (a, b)) in leaves)
        {
            _a[module] = _adam[module + "A"].Step(_a[module], Read(a.grad!), rate, _settings.WeightDecay);
            _b[module] = _adam[module + "B"].Step(_b[module], Read(b.grad!), rate, _settings.WeightDecay);
        }

        Vectors = _adam[""].Step(Vectors, Read(vectors.grad!), rate, _settings.WeightDecay);
    }

    // A term of L_SP for a model that predicts v, which is sqrt(abar) eps - sqrt(1 - abar) z. The residual of a masked term is m (v - v_theta), the latent is
    // masked, the noise is not.
    private Tensor Term(float[] z, float[]? mask, float[] noise, int timestep, Tensor ids, Tensor vectors)
    {
        var abar = ReferenceModel.AlphaBar(timestep);
        var (signal, spread) = (Math.Sqrt(abar), Math.Sqrt(1 - abar));
        double M(int at) => mask is null ? 1 : mask[at % mask.Length];
        var noisy = z.Select((x, i) => (float)((signal * x * M(i)) + (spread * noise[i]))).ToArray();
        var target = z.Select((x, i) => (float)((signal * noise[i]) - (spread * x * M(i)))).ToArray();
        var prediction = _model.UNet.call(Values(noisy, 1, 4, Latent, Latent), tensor(new[] { (long)timestep }), _model.TextEncoder.call(ids, vectors));
        var residual = (Values(target, 1, 4, Latent, Latent) - prediction) * Values([.. z.Select((_, i) => (float)M(i))], 1, 4, Latent, Latent);
        var loss = (residual * residual).mean();
        return mask is not null && _settings.Area ? loss / Number(mask.Average(m => (double)m)) : loss;
    }

    private void Attach(Dictionary<string, (Tensor A, Tensor B)> leaves)
    {
        foreach (var (module, (a, b)) in leaves)
        {
            _model.UNet.AdaptableLayers[module].Adapter = new LoraAdapter(module, a, b, _settings.Alpha);
        }
    }

    private void Detach()
    {
        foreach (var module in _modules)
        {
            _model.UNet.AdaptableLayers[module].Adapter = null;
        }
    }
}
