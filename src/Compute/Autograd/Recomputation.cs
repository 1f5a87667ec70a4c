using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Autograd;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016): a block of layers keeps its inputs alone and runs again on the way back. Costs one more forward pass and frees
/// all that lies between.
/// </summary>
internal sealed class Recomputation : autograd.SingleTensorFunction<Recomputation>
{
    private const string StateKey = "state";

    /// <inheritdoc/>
    public override string Name => nameof(Recomputation);

    /// <summary>Runs a block.</summary>
    /// <param name="block">The block: a function of two tensors that always does the same with them, apart from parameters of its own that are trained.</param>
    /// <param name="hidden">The block's first input.</param>
    /// <param name="other">The block's second input.</param>
    /// <returns>The block's result; gradients reach both inputs and the parameters.</returns>
    public static Tensor Run(Func<Tensor, Tensor, Tensor> block, Tensor hidden, Tensor other)
    {
        if (!is_grad_enabled())
        {
            return block(hidden, other);
        }

        using var scope = NewDisposeScope();

        // The first block that is adapted gets inputs without gradient: without this one libtorch would not come back to its parameters.
        var anchor = zeros(1).requires_grad_();
        return apply(hidden, other, anchor, block).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (hidden, other, block) = ((Tensor)vars[0], (Tensor)vars[1], (Func<Tensor, Tensor, Tensor>)vars[3]);
        using var scope = NewDisposeScope();
        var output = block(hidden, other);
        ctx.save_data(StateKey, new Saved(block, new SavedTensor(hidden), new SavedTensor(other), hidden.requires_grad, other.requires_grad));
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var incoming = grad_output;
        var saved = (Saved)ctx.get_data(StateKey);
        using var keptHidden = saved.Hidden;
        using var keptOther = saved.Other;
        using var mode = enable_grad();
        var hidden = keptHidden.Value.detach().requires_grad_(saved.HiddenNeedsGradient);
        var other = keptOther.Value.detach().requires_grad_(saved.OtherNeedsGradient);
        var output = saved.Block(hidden, other);
        if (output.requires_grad)
        {
            output.backward([incoming]);
        }

        return GradientHandover.Return(saved.HiddenNeedsGradient ? hidden.grad : null, saved.OtherNeedsGradient ? other.grad : null, null, null);
    }

    private sealed record Saved(Func<Tensor, Tensor, Tensor> Block, SavedTensor Hidden, SavedTensor Other, bool HiddenNeedsGradient, bool OtherNeedsGradient);
}
