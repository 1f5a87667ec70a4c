using OrleansOneShot.Compute.Autograd;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary><see cref="SiluKernel"/> as a node of autograd.</summary>
internal sealed class SiluFunction : autograd.SingleTensorFunction<SiluFunction>
{
    private const string InputKey = "input";

    /// <inheritdoc/>
    public override string Name => nameof(SiluFunction);

    /// <summary>x sigmoid(x) of a tensor that <see cref="CpuTensor.Accepts"/> takes.</summary>
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
        var result = empty_like(gradient);
        SiluKernel.Backward(saved.Value, gradient, result);
        return GradientHandover.Return(result);
    }

    private static Tensor Compute(Tensor input)
    {
        var output = empty_like(input);
        SiluKernel.Forward(input, output);
        return output;
    }
}
