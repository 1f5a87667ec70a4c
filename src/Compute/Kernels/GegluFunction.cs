using OrleansOneShot.Compute.Autograd;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary><see cref="GegluKernel"/> as a node of autograd, which keeps its input alone: the gate's GELU is computed again on the way back.</summary>
internal sealed class GegluFunction : autograd.SingleTensorFunction<GegluFunction>
{
    private const string InputKey = "input";

    /// <inheritdoc/>
    public override string Name => nameof(GegluFunction);

    /// <summary>(..., 2 n) -> (..., n) for a tensor that <see cref="CpuTensor.Accepts"/> and <see cref="GegluKernel.AcceptsRow"/> take.</summary>
    public static Tensor Apply(Tensor input)
    {
        if (!is_grad_enabled() || !input.requires_grad)
        {
            return Compute(input);
        }

        // TorchSharp makes a second handle of the result and an empty copy of it: neither outlives this scope.
        using var scope = NewDisposeScope();
        return apply(input).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        ctx.save_data(InputKey, new SavedTensor(input));
        return Compute(input);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var saved = (SavedTensor)ctx.get_data(InputKey);
        using var incoming = grad_output;
        var gradient = incoming.contiguous();
        var result = empty_like(saved.Value);
        GegluKernel.Backward(saved.Value, gradient, result);
        return GradientHandover.Return(result);
    }

    private static Tensor Compute(Tensor input)
    {
        long[] shape = input.shape;
        shape[^1] /= 2;
        var output = empty(shape, input.dtype);
        GegluKernel.Forward(input, output);
        return output;
    }
}
