using OrleansOneShot.Compute.Kernels;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Activations of the models.</summary>
internal static class Activation
{
    /// <summary>x sigmoid(x), in place when autograd does not need the input; <paramref name="input"/> must not be used afterwards.</summary>
    public static Tensor Silu(Tensor input)
    {
        if (!CpuTensor.Accepts(input))
        {
            return input.requires_grad ? functional.silu(input) : input.silu_();
        }

        if (input.requires_grad)
        {
            return SiluFunction.Apply(input);
        }

        SiluKernel.Forward(input, input);
        return input;
    }

    /// <summary>The activation of a CLIP tower by its name in <c>hidden_act</c>; the names are checked when the configuration is read.</summary>
    public static Tensor ByName(string name, Tensor input)
    {
        if (name == "gelu")
        {
            return functional.gelu(input);
        }

        // quick_gelu: x sigmoid(1.702 x)
        using var scaled = input.Mul(1.702);
        using var gate = scaled.sigmoid();
        return input.mul(gate);
    }
}
