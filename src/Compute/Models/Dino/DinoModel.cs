using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Dino;

/// <summary>
/// A self-distilled vision transformer (Caron et al. 2021; Oquab et al. 2023): transformers' <c>ViTModel</c> without pooler, or <c>Dinov2Model</c>.
/// </summary>
public sealed class DinoModel : Module<Tensor, Tensor>
{
    private readonly DinoEmbeddings embeddings;
    private readonly DinoEncoder encoder;
    private readonly LayerNorm layernorm;

    /// <summary>Creates the model on the meta device: without memory, until weights are loaded.</summary>
    /// <param name="config">The model's configuration, already checked.</param>
    public DinoModel(DinoConfig config)
        : base(nameof(DinoModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        embeddings = new DinoEmbeddings(config);
        encoder = new DinoEncoder(config);
        layernorm = Blank.LayerNorm(config.HiddenSize, config.Epsilon);
        RegisterComponents();
    }

    /// <summary>The model's configuration.</summary>
    public DinoConfig Config { get; }

    /// <summary>States of a picture and its patches.</summary>
    /// <param name="pixels">Preprocessed pictures, (B, 3, H, W), each side at least a patch.</param>
    /// <returns>(B, 1 + patches, width) after the last norm, in the caller's dispose scope; the first state is the picture's.</returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public override Tensor forward(Tensor pixels)
    {
        long[] shape = pixels.shape;
        if (shape.Length != 4 || shape[1] != 3 || shape[2] < Config.PatchSize || shape[3] < Config.PatchSize)
        {
            throw new ArgumentException(
                $"Pictures must be (B, 3, H, W) with sides of {Config.PatchSize} or more, not [{string.Join(", ", shape)}].",
                nameof(pixels)
            );
        }

        using var scope = NewDisposeScope();
        return layernorm.call(encoder.call(embeddings.call(pixels))).MoveToOuterDisposeScope();
    }
}

/// <summary>The stack of layers (<c>ViTEncoder</c>, <c>Dinov2Encoder</c>).</summary>
internal sealed class DinoEncoder : Module<Tensor, Tensor>
{
    private readonly ModuleList<Module<Tensor, Tensor>> layer;

    /// <summary>Creates the stack without memory.</summary>
    public DinoEncoder(DinoConfig config)
        : base(nameof(DinoEncoder))
    {
        layer = new ModuleList<Module<Tensor, Tensor>>([.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => Create(config))]);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var one in layer)
        {
            hidden = HiddenState.Replace(hidden, one.call(hidden), input);
        }

        return hidden.MoveToOuterDisposeScope();
    }

    private static Module<Tensor, Tensor> Create(DinoConfig config) => config.IsSecond ? new SecondDinoLayer(config) : new FirstDinoLayer(config);
}
