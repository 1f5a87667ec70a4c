using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Self-attention of both towers (transformers' <c>CLIPAttention</c>).</summary>
internal sealed class ClipAttention : Module<Tensor, Tensor>
{
    private readonly AdaptableLinear k_proj;
    private readonly AdaptableLinear v_proj;
    private readonly AdaptableLinear q_proj;
    private readonly AdaptableLinear out_proj;
    private readonly long _heads;
    private readonly bool _isCausal;

    /// <summary>Creates the layer without memory.</summary>
    public ClipAttention(long width, long heads, bool isCausal)
        : base(nameof(ClipAttention))
    {
        _heads = heads;
        _isCausal = isCausal;
        k_proj = Blank.Linear(width, width);
        v_proj = Blank.Linear(width, width);
        q_proj = Blank.Linear(width, width);
        out_proj = Blank.Linear(width, width);
        RegisterComponents();
    }

    /// <summary>(B, N, width) -> (B, N, width).</summary>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var mixed = AttentionKernel.Attend(q_proj.call(hidden), k_proj.call(hidden), v_proj.call(hidden), _heads, _isCausal);
        return out_proj.call(mixed).MoveToOuterDisposeScope();
    }
}
