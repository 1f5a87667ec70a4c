using OrleansOneShot.Compute.Autograd;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Two normalised 3x3 convolutions beside a shortcut, shifted by the time embedding in between (diffusers' <c>ResnetBlock2D</c>).</summary>
internal sealed class ResnetBlock2D : Module<Tensor, Tensor?, Tensor>, IRecomputable
{
    private readonly GroupNorm norm1;
    private readonly AdaptableConv2d conv1;
    private readonly AdaptableLinear? time_emb_proj;
    private readonly GroupNorm norm2;
    private readonly AdaptableConv2d conv2;
    private readonly AdaptableConv2d? conv_shortcut;

    /// <summary>Creates the block without memory.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output; a 1x1 shortcut is there when they differ.</param>
    /// <param name="timeChannels">Size of the time embedding, or null when there is none (the VAE).</param>
    /// <param name="groups">Groups of the norms.</param>
    /// <param name="eps">Epsilon of the norms.</param>
    public ResnetBlock2D(long inChannels, long outChannels, long? timeChannels, long groups, double eps)
        : base(nameof(ResnetBlock2D))
    {
        norm1 = Blank.GroupNorm(groups, inChannels, eps);
        conv1 = Blank.Conv3x3(inChannels, outChannels);
        time_emb_proj = timeChannels is { } size ? Blank.Linear(size, outChannels) : null;
        norm2 = Blank.GroupNorm(groups, outChannels, eps);
        conv2 = Blank.Conv3x3(outChannels, outChannels);
        conv_shortcut = inChannels == outChannels ? null : Blank.Conv1x1(inChannels, outChannels);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public bool Recomputes { get; set; }

    /// <summary>(B, in, h, w), time (B, t) after its SiLU or null -> (B, out, h, w).</summary>
    public override Tensor forward(Tensor input, Tensor? time) =>
        Recomputes && time is not null && input.requires_grad ? Recomputation.Run(Compute, input, time) : Compute(input, time);

    private Tensor Compute(Tensor input, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var hidden = Norm(norm1, input, conv1);
        if (time_emb_proj is not null)
        {
            hidden = hidden.Add(time_emb_proj.call(time!).unsqueeze(-1).unsqueeze(-1));
        }

        hidden = Norm(norm2, hidden, conv2);
        var shortcut = conv_shortcut is null ? input : conv_shortcut.call(input);
        return shortcut.Add(hidden).MoveToOuterDisposeScope();
    }

    // The scope frees the normalised copies as soon as the convolution has read them, unless autograd keeps them.
    private static Tensor Norm(GroupNorm norm, Tensor input, AdaptableConv2d conv)
    {
        using var scope = NewDisposeScope();
        return conv.call(Activation.Silu(norm.call(input))).MoveToOuterDisposeScope();
    }
}
