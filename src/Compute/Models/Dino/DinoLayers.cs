using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Dino;

/// <summary>A layer of the first DINO: attention and feed-forward network, each with its norm in front and a residual around (<c>ViTLayer</c>).</summary>
internal sealed class FirstDinoLayer : Module<Tensor, Tensor>
{
    private readonly DinoAttention attention;
    private readonly DinoDense intermediate;
    private readonly DinoDense output;
    private readonly LayerNorm layernorm_before;
    private readonly LayerNorm layernorm_after;
    private readonly string _activation;

    /// <summary>Creates the layer without memory.</summary>
    public FirstDinoLayer(DinoConfig config)
        : base(nameof(FirstDinoLayer))
    {
        _activation = config.HiddenAct;
        attention = new DinoAttention(config);
        intermediate = new DinoDense(config.HiddenSize, config.Inner);
        output = new DinoDense(config.Inner, config.HiddenSize);
        layernorm_before = Blank.LayerNorm(config.HiddenSize, config.Epsilon);
        layernorm_after = Blank.LayerNorm(config.HiddenSize, config.Epsilon);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var mixed = attention.call(layernorm_before.call(hidden)).Add(hidden);
        var inner = Activation.ByName(_activation, intermediate.call(layernorm_after.call(mixed)));
        return output.call(inner).Add(mixed).MoveToOuterDisposeScope();
    }
}

/// <summary>A layer of DINOv2: what attention and feed-forward network add is scaled channel by channel (<c>Dinov2Layer</c>).</summary>
internal sealed class SecondDinoLayer : Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly DinoAttention attention;
    private readonly LayerScale layer_scale1;
    private readonly LayerNorm norm2;
    private readonly DinoMlp mlp;
    private readonly LayerScale layer_scale2;

    /// <summary>Creates the layer without memory.</summary>
    public SecondDinoLayer(DinoConfig config)
        : base(nameof(SecondDinoLayer))
    {
        norm1 = Blank.LayerNorm(config.HiddenSize, config.Epsilon);
        attention = new DinoAttention(config);
        layer_scale1 = new LayerScale(config.HiddenSize);
        norm2 = Blank.LayerNorm(config.HiddenSize, config.Epsilon);
        mlp = new DinoMlp(config);
        layer_scale2 = new LayerScale(config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var mixed = layer_scale1.call(attention.call(norm1.call(hidden))).Add(hidden);
        return layer_scale2.call(mlp.call(norm2.call(mixed))).Add(mixed).MoveToOuterDisposeScope();
    }
}

/// <summary>The feed-forward network of a DINOv2 (<c>Dinov2MLP</c>).</summary>
internal sealed class DinoMlp : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear fc1;
    private readonly AdaptableLinear fc2;
    private readonly string _activation;

    /// <summary>Creates the layers without memory.</summary>
    public DinoMlp(DinoConfig config)
        : base(nameof(DinoMlp))
    {
        _activation = config.HiddenAct;
        fc1 = Blank.Linear(config.HiddenSize, config.Inner);
        fc2 = Blank.Linear(config.Inner, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return fc2.call(Activation.ByName(_activation, fc1.call(hidden))).MoveToOuterDisposeScope();
    }
}

/// <summary>A factor for each channel (<c>Dinov2LayerScale</c>).</summary>
internal sealed class LayerScale : Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(lambda1))]
    private Parameter _lambda1;

    /// <summary>Creates the layer without memory.</summary>
    public LayerScale(long width)
        : base(nameof(LayerScale))
    {
        _lambda1 = Blank.Parameter(width);
        RegisterComponents();
    }

    /// <summary>The factors, (width).</summary>
    public Parameter lambda1
    {
        get => _lambda1;
        set
        {
            _lambda1.Dispose();
            _lambda1 = value.Kept();
            ConditionallyRegisterParameter(nameof(lambda1), _lambda1);
        }
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden) => hidden.mul(_lambda1);
}
